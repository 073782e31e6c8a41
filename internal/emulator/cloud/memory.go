package cloud

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
)

// Memory is a listener without a network, for [Cloud.Serve] and, with Dial, for
// the transport of a client. Both ends only wait for each other, so a test can
// use it in a bubble of testing/synctest, where time passes as soon as everybody
// waits. Made in the bubble, it works there.
type Memory struct {
	accepted chan net.Conn
	once     sync.Once
	closed   chan struct{}
	dialled  atomic.Int64
}

// NewMemory returns a listener that nobody has dialled yet.
func NewMemory() *Memory {
	return &Memory{accepted: make(chan net.Conn), closed: make(chan struct{})}
}

// Dial connects to the listener, whatever the address: it is made for
// http.Transport.DialContext. After Close the connection is refused.
func (m *Memory) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	name := memoryAddr(fmt.Sprintf("memory:%d", m.dialled.Add(1)))
	reset := new(atomic.Bool)
	select {
	case m.accepted <- &memoryConn{Conn: server, remote: name, reset: reset}:
		return &memoryConn{Conn: client, remote: m.Addr(), reset: reset}, nil
	case <-m.closed:
		return nil, &net.OpError{Op: "dial", Net: "memory", Addr: m.Addr(), Err: syscall.ECONNREFUSED}
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "memory", Addr: m.Addr(), Err: ctx.Err()}
	}
}

// Accept waits for the next client.
func (m *Memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.accepted:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

// Close stops Accept and Dial; connections stay.
func (m *Memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

// Addr looks like an address of the loopback interface, which clients may be
// choosy about; there is no such port.
func (m *Memory) Addr() net.Addr { return memoryAddr("127.0.0.1:65535") }

type memoryAddr string

func (memoryAddr) Network() string  { return "memory" }
func (a memoryAddr) String() string { return string(a) }

// memoryConn is one end of a connection, which can be reset as one of TCP can.
type memoryConn struct {
	net.Conn
	remote net.Addr
	reset  *atomic.Bool // shared by both ends
}

// SetLinger with 0 makes Close a reset for the other end.
func (c *memoryConn) SetLinger(sec int) error {
	c.reset.Store(sec == 0)
	return nil
}

func (c *memoryConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == io.EOF && c.reset.Load() { //nolint:errorlint // a pipe says it so
		err = &net.OpError{Op: "read", Net: "memory", Addr: c.remote, Err: syscall.ECONNRESET}
	}
	return n, err
}

func (c *memoryConn) RemoteAddr() net.Addr { return c.remote }
