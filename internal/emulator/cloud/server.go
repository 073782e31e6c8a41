package cloud

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a Cloud that listens on a loopback port, or in memory, and answers
// plain HTTP and TLS alike.
type Server struct {
	addr     string
	identity func() *identity // made when it is first asked for: most clients speak plain HTTP
	listen   net.Listener
	front    *front
	http     *http.Server

	stop    context.CancelFunc
	working sync.WaitGroup // the accept loop, connections being looked at, and both servers

	mu      sync.Mutex
	closed  bool
	conns   map[net.Conn]bool // whose first byte is awaited
	serving sync.WaitGroup    // connections that are served
}

// Start listens on addr, which must be on the loopback interface; port 0 takes
// a free one. Close the Server when done.
func (c *Cloud) Start(addr string) (*Server, error) {
	where, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", addr, err)
	}
	if err := loopback(where); err != nil {
		return nil, err
	}
	l, err := net.ListenTCP("tcp", where)
	if err != nil {
		return nil, err
	}
	s, err := c.Serve(l)
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return s, nil
}

// Serve is Start with a listener that is there already, such as a [Memory]. One
// of the network must be on the loopback interface. The Server closes it.
func (c *Cloud) Serve(l net.Listener) (*Server, error) {
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		if err := loopback(tcp); err != nil {
			return nil, err
		}
	}
	running, stop := context.WithCancel(context.Background())
	s := &Server{
		addr: l.Addr().String(), identity: sync.OnceValue(newIdentity), listen: l, stop: stop,
		front: &front{addr: l.Addr(), conns: make(chan net.Conn), closed: make(chan struct{})},
		conns: map[net.Conn]bool{},
	}
	s.http = &http.Server{
		Handler:           c,
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // handshakes that fail are the client's to report
		ConnState:         s.track,
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(running, runningKey{}, running)
		},
	}
	config := &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &s.identity().leaf, nil },
		MinVersion:     tls.VersionTLS12, NextProtos: []string{"http/1.1"},
	}
	s.working.Go(func() { _ = s.http.Serve(s.front) }) // returns when front is closed
	s.working.Go(func() { s.accept(config) })
	return s, nil
}

// loopback refuses an address that others could reach.
func loopback(addr *net.TCPAddr) error {
	if !addr.IP.IsLoopback() {
		return fmt.Errorf("listen on %s: only loopback addresses are allowed", addr)
	}
	return nil
}

// URL is the base URL for plain HTTP, such as http://127.0.0.1:4100.
func (s *Server) URL() string { return "http://" + s.addr }

// TLSURL is the base URL for HTTPS, on the same port.
func (s *Server) TLSURL() string { return "https://" + s.addr }

// Addr is host and port.
func (s *Server) Addr() string { return s.addr }

// CAPEM is the certificate, in PEM, of the authority that clients of TLSURL
// must trust. It is made anew by every Start and its key is thrown away.
func (s *Server) CAPEM() []byte { return s.identity().authority }

// Close stops listening, drops all connections, cuts all delays short and waits
// until nothing is running any more. An order that is still being processed is
// not carried out.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	for conn := range s.conns {
		_ = conn.Close() // it may be closed already
	}
	s.mu.Unlock()
	s.stop()
	err := s.listen.Close()
	s.front.close()
	err = errors.Join(err, s.http.Close())
	s.working.Wait()
	s.serving.Wait()
	return err
}

// accept takes connections in and looks at the first byte of each in its own
// goroutine: a client that connects and says nothing must not hold up others.
func (s *Server) accept(config *tls.Config) {
	for {
		conn, err := s.listen.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			_ = conn.Close()
			return
		}
		s.conns[conn] = true
		s.mu.Unlock()
		s.working.Go(func() { s.sort(conn, config) })
	}
}

// sort hands a connection on as TLS or plain by its first byte.
func (s *Server) sort(conn net.Conn, config *tls.Config) {
	const handshake = 0x16 // record type of a TLS ClientHello
	r := bufio.NewReader(conn)
	first, err := r.Peek(1)
	s.mu.Lock()
	delete(s.conns, conn)
	s.mu.Unlock()
	if err != nil {
		_ = conn.Close()
		return
	}
	var sorted net.Conn = &peeked{Conn: conn, r: r}
	if first[0] == handshake {
		sorted = tls.Server(sorted, config)
	}
	select {
	case s.front.conns <- sorted:
	case <-s.front.closed:
		_ = conn.Close()
	}
}

// track counts the connections that are served, so that Close can wait for them.
func (s *Server) track(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.serving.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.serving.Done()
	}
}

// peeked is a connection of which something was read already.
type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.r.Read(b) }

// NetConn is the connection beneath.
func (p *peeked) NetConn() net.Conn { return p.Conn }

// front is the listener of sorted connections.
type front struct {
	addr   net.Addr
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (f *front) Accept() (net.Conn, error) {
	select {
	case conn := <-f.conns:
		return conn, nil
	case <-f.closed:
		return nil, net.ErrClosed
	}
}

func (f *front) close() { f.once.Do(func() { close(f.closed) }) }

// Close stops Accept.
func (f *front) Close() error {
	f.close()
	return nil
}

// Addr is the address of the real listener.
func (f *front) Addr() net.Addr { return f.addr }

// An identity is a server certificate for loopback and for the cloud's own host
// names, and the authority that signed it, in PEM.
type identity struct {
	leaf      tls.Certificate
	authority []byte
}

// newIdentity panics where the system has no random numbers.
func newIdentity() *identity {
	leaf, authority, err := newCertificate()
	if err != nil {
		panic(fmt.Sprintf("cloud: make a certificate: %v", err))
	}
	return &identity{leaf: leaf, authority: authority}
}

func newCertificate() (tls.Certificate, []byte, error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	from, to := time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Emulated cloud CA"},
		NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Emulated cloud"},
		NotBefore: from, NotAfter: to,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "*.aliyuncs.com", "*.cn-hangzhou.aliyuncs.com"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{der, caDER}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}), nil
}
