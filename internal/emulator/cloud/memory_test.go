package cloud_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
)

// serveInMemory starts c and gives the transport that leads to it.
func serveInMemory(t *testing.T, c *cloud.Cloud) (*cloud.Server, *http.Transport) {
	t.Helper()
	listener := cloud.NewMemory()
	s, err := c.Serve(listener)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(s.CAPEM()) {
		t.Fatal("no certificate")
	}
	transport := &http.Transport{DialContext: listener.Dial, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, transport
}

// wrapped keeps the SDK from replacing the dialler of a transport.
type wrapped struct{ http.RoundTripper }

func TestTheCloudServesInABubble(t *testing.T) {
	for _, scheme := range []string{"HTTP", "HTTPS"} {
		t.Run(scheme, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := cloud.New(cloud.Options{ExpiryDelay: 72 * time.Hour, Latency: time.Second, Processing: time.Minute})
				c.AddInstance(cloud.Instance{ID: "i-1", Expires: time.Now().Add(240 * time.Hour)})
				s, transport := serveInMemory(t, c)
				config := sdk.NewConfig().WithAutoRetry(false).WithTimeout(5 * time.Minute)
				config.Transport = wrapped{transport}
				client, err := sdk.NewClientWithOptions("cn-hangzhou", config, credentials.NewAccessKeyCredential("emulator", "emulator"))
				if err != nil {
					t.Fatal(err)
				}
				call := func(action string, params ...string) string {
					t.Helper()
					r := sdkRequest(s, "2014-05-26", action, params...)
					r.Scheme = scheme
					res, err := client.ProcessCommonRequest(r)
					if err != nil {
						t.Fatal(err)
					}
					return res.GetHttpContentString()
				}
				begun := time.Now()
				before := call("DescribeInstances")
				call("RenewInstance", "InstanceId=i-1", "Period=1")
				if took := time.Since(begun); took != 62*time.Second {
					t.Errorf("two answers and an order took %s", took)
				}
				if at := c.Ledger()[0].At; !at.Equal(begun.Add(61 * time.Second)) {
					t.Errorf("the ledger says %s", at.Sub(begun))
				}
				expiry := []byte(c.Ledger()[0].NewExpires.Format("2006-01-02T15:04Z"))
				time.Sleep(71 * time.Hour)
				if now := call("DescribeInstances"); bytes.Contains([]byte(now), expiry) || before == "" {
					t.Errorf("the new expiry shows too early: %s", now)
				}
				time.Sleep(time.Hour)
				if now := call("DescribeInstances"); !bytes.Contains([]byte(now), expiry) {
					t.Errorf("the new expiry does not show: %s", now)
				}
			})
		})
	}
}

func TestFaultsOfAConnectionInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(cloud.Options{SkipSignature: true})
		s, transport := serveInMemory(t, c)
		get := func(ctx context.Context) error {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL()+"/?Action=DescribeRegions&Version=2014-05-26", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			res, err := transport.RoundTrip(r)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			_, err = io.Copy(io.Discard, res.Body)
			return err
		}
		for _, x := range []struct {
			kind cloud.FaultKind
			want error
		}{
			{cloud.ResetBefore, syscall.ECONNRESET},
			{cloud.ResetAfter, syscall.ECONNRESET},
			{cloud.LoseAnswer, io.EOF},
			{cloud.CutBody, io.ErrUnexpectedEOF},
			{cloud.SlowAfter, context.DeadlineExceeded},
		} {
			c.ClearFaults()
			c.Fail(cloud.Fault{Kind: x.kind})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if err := get(ctx); !errors.Is(err, x.want) {
				t.Errorf("%s: %v, want %v", x.kind, err, x.want)
			}
			cancel()
		}
		c.ClearFaults()
		if err := get(t.Context()); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		var refused *net.OpError
		if err := get(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) || !errors.As(err, &refused) || refused.Op != "dial" {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestAListenerThatOthersReachIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := cloud.New(cloud.Options{}).Serve(l); err == nil {
		t.Error("it listens beyond loopback")
	}
}
