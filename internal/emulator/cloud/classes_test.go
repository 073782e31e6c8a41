package cloud

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The cloud does not document how long it remembers, nor how late it shows what
// it did. These are the switches for the classes of clouds that this leaves.

func TestHowLongAnOrderIsRememberedWithItsToken(t *testing.T) {
	for _, life := range []time.Duration{10 * time.Minute, day, 36 * time.Hour, 0} {
		synctest.Test(t, func(t *testing.T) {
			c := New(Options{TokenLife: life, RefusalLife: time.Minute, PoisonTokens: true})
			c.AddInstance(Instance{ID: "i-1", Expires: time.Now().Add(30 * day)})
			cl := newClient(t, c)
			renew := []string{"InstanceId=i-1", "Period=1", "ClientToken=tok"}
			cl.want(200, "", "RenewInstance", renew...)
			if life == 0 {
				time.Sleep(20 * day)
				cl.want(200, "", "RenewInstance", renew...)
				if got := c.Charges("i-1"); got != 1 {
					t.Errorf("paid %d times with a token that is remembered for ever", got)
				}
				return
			}
			time.Sleep(life - time.Second)
			cl.want(200, "", "RenewInstance", renew...)
			if got := c.Charges("i-1"); got != 1 {
				t.Errorf("paid %d times with a token that is remembered for %s", got, life)
			}
			time.Sleep(time.Second)
			cl.want(200, "", "RenewInstance", renew...)
			if got := c.Charges("i-1"); got != 2 {
				t.Errorf("paid %d times with a token that is forgotten after %s", got, life)
			}
		})
	}
}

func TestHowLongARefusalIsRememberedWithItsToken(t *testing.T) {
	const never = -1
	for _, life := range []time.Duration{never, 10 * time.Minute, day, 36 * time.Hour, 0} {
		synctest.Test(t, func(t *testing.T) {
			c := New(Options{PoisonTokens: life != never, RefusalLife: max(life, 0), TokenLife: time.Minute})
			c.AddInstance(Instance{ID: "i-1", Expires: time.Now().Add(30 * day), NoStock: true})
			cl := newClient(t, c)
			renew := []string{"InstanceId=i-1", "Period=1", "ClientToken=tok"}
			refused := func(after string) {
				t.Helper()
				if r := cl.call("RenewInstance", renew...); r.code() != "OperationDenied.NoStock" {
					t.Errorf("%s: after %s: %v", life, after, r)
				}
			}
			refused("the first call")
			c.SetNoStock("i-1", false)
			switch life {
			case never:
			case 0:
				time.Sleep(20 * day)
				refused("twenty days")
				return
			default:
				time.Sleep(life - time.Second)
				refused("nearly all of it")
				time.Sleep(time.Second)
			}
			cl.want(200, "", "RenewInstance", renew...)
			if got := c.Charges("i-1"); got != 1 {
				t.Errorf("%s: paid %d times", life, got)
			}
		})
	}
}

// expiries are the ExpiredTime values of an answer, in order.
func (r reply) expiries() string {
	var all []string
	for _, i := range r.instances() {
		all = append(all, i["ExpiredTime"].(string))
	}
	return strings.Join(all, " ")
}

func TestHowLateANewExpiryShows(t *testing.T) {
	for _, delay := range []time.Duration{3 * time.Second, 2 * time.Minute, 3 * day} {
		for _, twins := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				c := New(Options{ExpiryDelay: delay, TwinRows: twins})
				c.AddInstance(Instance{ID: "i-1", Expires: time.Now().Add(10 * day)})
				cl := newClient(t, c)
				shows := func() string { return cl.call("DescribeInstances", `InstanceIds=["i-1"]`).expiries() }
				before := shows()
				cl.want(200, "", "RenewInstance", "InstanceId=i-1", "Period=1")
				charge := c.Ledger()[0]
				after := charge.NewExpires.Format(minuteFmt)
				time.Sleep(delay - time.Millisecond)
				want := before
				if twins {
					want = before + " " + after
				}
				if got := shows(); got != want {
					t.Errorf("%s: shows %s, want %s", delay, got, want)
				}
				time.Sleep(time.Millisecond)
				if got := shows(); got != after {
					t.Errorf("%s: shows %s in the end, want %s", delay, got, after)
				}
			})
		}
	}
}

func TestEachOfTwoTwinsMustFitTheFilters(t *testing.T) {
	c := New(Options{Now: frozen, ExpiryDelay: -1, TwinRows: true})
	c.AddInstance(Instance{ID: "i-1", Expires: days(3)})
	cl := newClient(t, c)
	cl.want(200, "", "RenewInstance", "InstanceId=i-1", "Period=1")
	window := func(from, to float64) []string {
		return []string{
			"Filter.3.Key=ExpiredStartTime", "Filter.3.Value=" + days(from).Format(minuteFmt),
			"Filter.4.Key=ExpiredEndTime", "Filter.4.Value=" + days(to).Format(minuteFmt),
		}
	}
	for _, x := range []struct {
		from, to float64
		want     string
	}{{0, 10, "2026-11-26T02:00Z"}, {20, 50, "2026-12-26T02:00Z"}, {0, 50, "2026-11-26T02:00Z 2026-12-26T02:00Z"}} {
		if got := cl.call("DescribeInstances", window(x.from, x.to)...).expiries(); got != x.want {
			t.Errorf("days %v to %v: %s, want %s", x.from, x.to, got, x.want)
		}
	}
}

func TestARowWithATwinAsAFault(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "i-new", Expires: days(3)})
	c.AddInstance(Instance{ID: "i-renewed", Expires: days(4)})
	cl := newClient(t, c)
	cl.want(200, "", "RenewInstance", "InstanceId=i-renewed", "Period=1")
	c.Fail(Fault{Kind: TwinRow, Call: 1})
	for _, want := range []string{
		"2026-11-26T02:00Z 2026-12-26T02:00Z 2026-12-27T02:00Z 2026-11-27T02:00Z",
		"2026-11-26T02:00Z 2026-12-27T02:00Z",
	} {
		if got := cl.call("DescribeInstances").expiries(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAnExpiryIsSpeltInTwoWays(t *testing.T) {
	c := New(Options{Now: frozen, MixedSeconds: true})
	c.AddInstance(Instance{ID: "i-1", Expires: days(3)})
	c.AddInstance(Instance{ID: "i-2", Expires: days(4)})
	cl := newClient(t, c)
	got := ""
	for range 2 {
		got += fmt.Sprintln(cl.call("DescribeInstances").expiries())
		got += fmt.Sprintln(cl.call("DescribeInstances", `InstanceIds=["i-1"]`).expiries())
	}
	const want = `2026-11-26T02:00Z 2026-11-27T02:00Z
2026-11-26T02:00:00Z
2026-11-26T02:00Z 2026-11-27T02:00:00Z
2026-11-26T02:00:00Z
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
