package handler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/aliyun"
	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

// A bubble is an emulated cloud, and the function that runs against it, in fake
// time (testing/synctest): time passes when everybody waits, so that nobody
// waits for real, and a scenario of days takes milliseconds. All else is as it
// is in production: the handler, the SDK, HTTP, the waits and the settings, of
// which RENEW_ACTION is renew. The connections are in memory.
//
// What a bubble cannot show stays on the wire (wire_test.go): the built binary,
// the runtime protocol with its redelivery, TLS, and what the kernel does to a
// connection.
type bubble struct {
	emulated
	in      handler.Invocation // what the platform says beside the event
	timeout time.Duration      // of the function

	mu      sync.Mutex
	log     bytes.Buffer
	open    map[string]*cloud.Memory // what can be dialled, by host and port
	running []*invocation
}

const (
	cloudAddress    = "127.0.0.1:65535"
	functionTimeout = 600 * time.Second // as s.yaml has it
)

// firstRun is when a scenario begins: at the hour of the timer in s.yaml, some
// minutes past 06:00 in UTC+8, of a day without a meaning.
var firstRun = time.Date(2026, 11, 29, 22, 23, 0, 0, time.UTC)

// inBubble plays a scenario in a bubble of its own. The times of instances are
// made inside, from the time that it is there:
//
//	inBubble(t, cloud.Options{ExpiryDelay: time.Hour}, settings{"RENEW_PERIOD": "3m"}, func(t *testing.T, w *bubble) {
//		w.add(due("i-1"))
//		w.cloud.Fail(cloud.Fault{Action: "RenewInstance", Kind: cloud.LoseAnswer})
//		r := w.run("")            // one run, to its end
//		time.Sleep(24 * time.Hour) // nobody waits for it
//		w.run("")
//		w.charged("i-1", 1) // what the ledger says
//	})
//
// Runs side by side are begun with w.begin, and ended with end, or with crash.
func inBubble(t *testing.T, options cloud.Options, s settings, play func(t *testing.T, w *bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(firstRun))
		w := &bubble{emulated: newEmulated(t, options), timeout: functionTimeout, open: map[string]*cloud.Memory{}}
		w.set(settings{"RENEW_ACTION": "renew", "RENEW_ENDPOINT": "http://" + cloudAddress}, s)
		w.in = handler.Invocation{
			RequestID: "in-a-bubble", AccountID: account, Region: hangzhou, Platform: true,
			Keys: renewal.Keys{ID: keyID, Secret: keySecret, Token: keyToken},
		}
		server, err := w.cloud.Serve(w.listen(cloudAddress))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { // whatever ends it, or the bubble says no more than that somebody is left
			w.ended()
			if err := server.Close(); err != nil {
				t.Error(err)
			}
			w.noSecrets(w.logs())
		}()
		play(t, w)
	})
}

// settings are the RENEW_* of a scenario; unset takes one away.
type settings = map[string]string

// listen opens an address that the function can dial.
func (w *bubble) listen(address string) *cloud.Memory {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[address] = cloud.NewMemory()
	return w.open[address]
}

// ended waits until everything that was begun has ended.
func (w *bubble) ended() {
	w.mu.Lock()
	all := slices.Clone(w.running)
	w.mu.Unlock()
	for _, i := range all {
		<-i.done
	}
}

// Write takes the log of all runs.
func (w *bubble) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(line)
}

func (w *bubble) logs() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

// An invocation is one event on its way, in a process of its own.
type invocation struct {
	w       *bubble
	process *process
	cancel  context.CancelFunc
	done    chan struct{}
	result  any
	err     error
}

// begin delivers an event, with the settings as they are, and waits for nothing.
func (w *bubble) begin(event string) *invocation { return w.beginAs(w.in, w.env, event) }

// beginAs does so in another place, or with other settings.
func (w *bubble) beginAs(in handler.Invocation, s settings, event string) *invocation {
	p := &process{w: w}
	h := w.handler(p, s)
	ctx, cancel := context.WithTimeout(context.Background(), w.timeout)
	i := &invocation{w: w, process: p, cancel: cancel, done: make(chan struct{})}
	w.mu.Lock()
	w.running = append(w.running, i)
	w.mu.Unlock()
	begun := time.Now()
	go func() {
		defer close(i.done)
		defer cancel()
		i.result, i.err = h.Answer(ctx, in, []byte(event))
		if took := time.Since(begun); took > w.timeout {
			w.t.Errorf("it took %v, and the platform ends it after %v", took, w.timeout)
		}
	}()
	return i
}

// handler is the function of a process.
func (w *bubble) handler(p *process, s settings) *handler.Handler {
	environ := []string{}
	for name, value := range s {
		environ = append(environ, name+"="+value)
	}
	messages := &http.Transport{DialContext: p.dial, DisableKeepAlives: true}
	return &handler.Handler{Connect: p.connect, Environ: func() []string { return environ }, Now: time.Now, Out: w, Transport: messages}
}

// end waits until the event is answered, and gives the report.
func (i *invocation) end() renewal.Report {
	i.w.t.Helper()
	payload, err := i.answer()
	if err != nil {
		i.w.t.Fatalf("no report: %v", err)
	}
	return i.w.read(payload)
}

// answer waits until the event is answered, and gives what went back.
func (i *invocation) answer() ([]byte, error) {
	i.w.t.Helper()
	<-i.done
	if i.err != nil {
		i.w.noSecrets(i.err.Error())
		return nil, i.err
	}
	payload, err := json.Marshal(i.result)
	if err != nil {
		i.w.t.Fatalf("the answer is no JSON: %v", err)
	}
	i.w.noSecrets(string(payload))
	return payload, nil
}

// crash ends the process as the world sees it: from now on nothing more gets
// out of it or in, and nobody hears what it answers. It may be called from a
// hook of the cloud, in the middle of a call.
func (i *invocation) crash() {
	i.process.die()
	i.cancel()
}

// run delivers an event that must give a report.
func (w *bubble) run(event string) renewal.Report {
	w.t.Helper()
	return w.begin(event).end()
}

// daily delivers the timer's event at the same time of n days, and gives every
// report to judge.
func (w *bubble) daily(n int, judge func(day int, r renewal.Report)) {
	w.t.Helper()
	first := time.Now()
	for day := range n {
		time.Sleep(time.Until(first.Add(time.Duration(day) * renewal.Day)))
		judge(day, w.run(`{"triggerTime":"`+time.Now().UTC().Format(time.RFC3339)+`","triggerName":"daily","payload":""}`))
	}
	time.Sleep(time.Until(first.Add(time.Duration(n) * renewal.Day)))
}

// refused delivers an event that must end in an error of the given kind, with
// nothing changed.
func (w *bubble) refused(event string, kind runner.Kind) string {
	w.t.Helper()
	payload, err := w.begin(event).answer()
	if kindOf(err) != kind {
		w.t.Fatalf("got %s and %v, want an error of type %s", payload, err, kind)
	}
	w.unchanged()
	return err.Error()
}

// kindOf is the type of an error of the function, "" for none.
func kindOf(err error) runner.Kind {
	if stop, ok := errors.AsType[*runner.Stop](err); ok {
		return stop.Kind
	}
	return ""
}

// A process is what connects one process of the function to the world.
type process struct {
	w     *bubble
	mu    sync.Mutex
	dead  bool
	conns []net.Conn
}

// dial opens a connection to whoever listens there.
func (p *process) dial(ctx context.Context, network, address string) (net.Conn, error) {
	p.w.mu.Lock()
	there := p.w.open[address]
	p.w.mu.Unlock()
	if there == nil || p.died() {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	conn, err := there.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		_ = conn.Close()
	}
	p.conns = append(p.conns, conn)
	return conn, nil
}

func (p *process) died() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

func (p *process) die() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = true
	for _, conn := range p.conns {
		_ = conn.Close()
	}
}

// connect joins a run to the cloud as the program does, over the connections of
// the process.
func (p *process) connect(_ context.Context, in handler.Invocation, c config.Config) (handler.Accounts, error) {
	options := aliyun.Options{Endpoint: c.Endpoint, Network: c.Network, Site: c.Policy.Site, Region: in.Region, Dial: p.dial}
	self, err := aliyun.New(options, in.Keys)
	if err != nil {
		return nil, err
	}
	return accounts{self, c.ExternalID}, nil
}

// accounts are those of a run, as the program has them.
type accounts struct {
	*aliyun.Cloud
	externalID string
}

func (a accounts) Open(ctx context.Context, name string) (runner.Cloud, error) {
	if name == renewal.Self {
		return ofAccount{a.Cloud}, nil
	}
	other, err := a.Assume(ctx, name, a.externalID)
	return ofAccount{other}, err
}

type ofAccount struct{ *aliyun.Cloud }

func (a ofAccount) Product(key string) runner.Product { return a.Cloud.Product(key) }
