package local

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// emulate keeps the emulated cloud up.
type emulate struct {
	Listen          string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Loopback address to listen on (default ${default}); port 0 takes a free one."`
	Fleet           string `placeholder:"FILE" help:"Fleet file (YAML). Without it the sample fleet, internal/local/fleet.yaml, which shows how one is written."`
	AccessKeyID     string `name:"access-key-id" placeholder:"ID" help:"Access key that is accepted (default: emulator, or as in the fleet file)."`
	AccessKeySecret string `name:"access-key-secret" placeholder:"SECRET" help:"Its secret (default: emulator, or as in the fleet file)."`
	ExpiryDelay     string `placeholder:"1s" help:"Time from a renewal until the new expiry shows; never is accepted, too (default: as in the fleet file, else 1s)."`
	Site            string `placeholder:"china|intl" help:"Site of the accounts: periods, currency (default: as in the fleet file, else china)."`
	CAFile          string `name:"ca-file" placeholder:"FILE" help:"Where to write the certificate that clients need for https."`
}

// Help is shown by emulate --help.
func (*emulate) Help() string {
	return `The address answers the APIs that a renewal needs, over http and https, to the CLI and to SDKs of any language and age (docs/emulator.md), and keeps a ledger of what was bought, which is shown at the end (Ctrl-C).

  go run . emulate
  go run . emulate --listen 127.0.0.1:0 --fleet fleet.yaml --expiry-delay 10s`
}

const emulatorKey = "emulator" // id and secret alike

func (e *emulate) run(ctx context.Context, p *program) (int, error) {
	if err := e.checkListen(); err != nil {
		return exitFailed, err
	}
	c, keys, err := e.cloud(p.handler.Now())
	if err != nil {
		return exitFailed, err
	}
	c.OnCommit(func(charge cloud.Charge) {
		fmt.Fprintln(p.stdout, lang.Say("charged %s: %s %s, order %s", "扣款 %s：%s %s，订单 %s", charge.Instance, charge.Amount, charge.Currency, charge.Order).In(p.language()))
	})
	server, err := c.Start(e.Listen)
	if err != nil {
		return exitFailed, err
	}
	defer func() { _ = server.Close() }()
	if e.CAFile != "" {
		if err := os.WriteFile(e.CAFile, server.CAPEM(), 0o644); err != nil {
			return exitFailed, err
		}
	}
	fmt.Fprint(p.stdout, e.welcome(c, server, keys).In(p.language()))
	<-ctx.Done()
	if err := server.Close(); err != nil {
		return exitFailed, err
	}
	e.tell(p, c)
	return exitOK, nil
}

// tell prints what clients have done to the cloud.
func (e *emulate) tell(p *program, c *cloud.Cloud) {
	zone := time.UTC
	if settings, err := p.handler.ReadSettings(); err == nil {
		zone = settings.Policy.Zone
	}
	paper := p.paper(zone, p.language())
	if bought := purchases(c); len(bought) > 0 {
		paper.ledger(bought)
	}
	if changed := c.Changes(); len(changed) > 0 {
		paper.changes(changed)
	}
}

// checkListen refuses addresses that others could reach: whoever can reach the
// emulator can read and change everything in it.
func (e *emulate) checkListen() error {
	host, port, err := net.SplitHostPort(e.Listen)
	if err != nil {
		return lang.Err("--listen %s: not an address like 127.0.0.1:8080", "--listen %s：不是 127.0.0.1:8080 这样的地址", e.Listen)
	}
	if !config.IsLoopback(host) {
		return lang.Err("--listen %s: the emulator only listens on the loopback interface, where nobody else can reach it; write 127.0.0.1:%s", "--listen %s：模拟云只监听本机回环地址，不对外开放；请填写 127.0.0.1:%s", e.Listen, port)
	}
	return nil
}

// keyPair is what clients sign with.
type keyPair struct{ id, secret string }

// cloud makes the cloud that flags and fleet file describe, and gives the key
// pair of its first account.
func (e *emulate) cloud(now time.Time) (*cloud.Cloud, keyPair, error) {
	fleet, err := e.load(now)
	if err != nil {
		return nil, keyPair{}, err
	}
	if len(fleet.Accounts) == 0 {
		fleet.Accounts = []cloud.Account{{}}
	}
	first := &fleet.Accounts[0]
	keys := keyPair{cmp.Or(e.AccessKeyID, first.AccessKeyID, emulatorKey), cmp.Or(e.AccessKeySecret, first.AccessKeySecret, emulatorKey)}
	first.AccessKeyID, first.AccessKeySecret = keys.id, keys.secret

	delay, err := e.expiryDelay()
	if err != nil {
		return nil, keyPair{}, err
	}
	site := cloud.Site(e.Site)
	if site != "" && site != cloud.China && site != cloud.Intl {
		return nil, keyPair{}, lang.Err("--site %s: it is china or intl", "--site %s：只能是 china 或 intl", string(site))
	}
	c := cloud.New(cloud.Options{Site: site, ExpiryDelay: time.Second})
	fleet.Apply(c)
	c.SetOptions(func(o *cloud.Options) {
		if site != "" && o.Site != site {
			err = lang.Err("--site %s: the fleet file says site: %s; change the one or the other", "--site %s：实例文件中是 site: %s；请修改其中之一", string(site), string(o.Site))
		}
		if e.ExpiryDelay != "" {
			o.ExpiryDelay = delay
		}
	})
	return c, keys, err
}

func (e *emulate) load(now time.Time) (cloud.Fleet, error) {
	if e.Fleet == "" {
		return cloud.LoadFleet(bytes.NewReader(sampleFleet), now)
	}
	text, err := readText(e.Fleet)
	if err != nil {
		return cloud.Fleet{}, err
	}
	fleet, err := cloud.LoadFleet(bytes.NewReader(text), now)
	if err != nil {
		return cloud.Fleet{}, lang.Err("%s: %v", "%s：%v", e.Fleet, err)
	}
	return fleet, nil
}

func (e *emulate) expiryDelay() (time.Duration, error) {
	switch e.ExpiryDelay {
	case "":
		return 0, nil
	case "never":
		return -1, nil
	}
	delay, err := config.ParseDuration(e.ExpiryDelay)
	if err != nil {
		// Go's own form has parts of seconds.
		if delay, err = time.ParseDuration(e.ExpiryDelay); err != nil || delay < 0 {
			return 0, lang.Err("--expiry-delay %s: not a duration such as 500ms, 10s or 2m, nor never", "--expiry-delay %s：不是 500ms、10s、2m 这样的时长，也不是 never", e.ExpiryDelay)
		}
	}
	return delay, nil
}

// welcome says how to use the cloud.
func (e *emulate) welcome(c *cloud.Cloud, s *cloud.Server, keys keyPair) lang.Text {
	var regions []string
	var products string
	instances := c.Instances()
	for _, in := range instances {
		if in.Region != "" { // what has none is sold without one
			regions = append(regions, in.Region)
		}
		if in.Product != "" {
			products = " RENEW_PRODUCTS=all"
		}
	}
	slices.Sort(regions)
	regions = slices.Compact(regions)
	if len(regions) == 0 {
		regions = []string{"cn-hangzhou"}
	}
	secret := lang.Plain(keys.secret)
	if e.AccessKeySecret == "" && keys.secret != emulatorKey {
		secret = lang.Say("(its secret in the fleet file)", "（密钥见实例文件）")
	}
	trust := lang.Say("--ca-file FILE writes the certificate to trust", "--ca-file FILE 可写出需信任的证书")
	if e.CAFile != "" {
		trust = lang.Say("the certificate to trust is in %s", "需信任的证书在 %s", e.CAFile)
	}
	return lang.Say(`The emulated cloud listens on %[1]s with %[2]d subscriptions in %[3]s.
https too: %[4]s; %[5]s.
access key id: %[6]s
access key secret: %[7]s

List it:
  aliyun ecs DescribeInstances --mode AK --access-key-id %[6]s --access-key-secret '%[7]s' --region %[8]s --RegionId %[8]s --endpoint %[9]s --insecure

Renew it (RENEW_ACTION=report only looks):
  ALIBABA_CLOUD_ACCESS_KEY_ID=%[6]s ALIBABA_CLOUD_ACCESS_KEY_SECRET='%[7]s' RENEW_ENDPOINT=%[1]s RENEW_REGIONS=%[10]s%[11]s RENEW_ACTION=renew go run . run

Ctrl-C ends it and shows what was bought.
`, `模拟云监听 %[1]s，共 %[2]d 个包年包月实例，位于 %[3]s。
https 地址：%[4]s；%[5]s。
AccessKey ID：%[6]s
AccessKey Secret：%[7]s

查询实例：
  aliyun ecs DescribeInstances --mode AK --access-key-id %[6]s --access-key-secret '%[7]s' --region %[8]s --RegionId %[8]s --endpoint %[9]s --insecure

续费（RENEW_ACTION=report 只查询）：
  ALIBABA_CLOUD_ACCESS_KEY_ID=%[6]s ALIBABA_CLOUD_ACCESS_KEY_SECRET='%[7]s' RENEW_ENDPOINT=%[1]s RENEW_REGIONS=%[10]s%[11]s RENEW_ACTION=renew go run . run

按 Ctrl-C 结束，并显示购买记录。
`, s.URL(), len(instances), strings.Join(regions, ", "), s.TLSURL(), trust, keys.id, secret, regions[0], s.Addr(), strings.Join(regions, ","), products)
}
