package bench

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
)

// How many calls a run makes is a fact, whatever time it takes.
func TestCallsOfAFleet(t *testing.T) {
	for _, c := range []struct{ instances, concurrency int }{{200, 8}, {110, 1}, {200, 64}} {
		t.Run(fmt.Sprintf("%d instances, %d at a time", c.instances, c.concurrency), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cloud.Options{}, map[string]string{"RENEW_CONCURRENCY": strconv.Itoa(c.concurrency)}, fleet("due", c.instances, soon, hangzhou)...)
			r, _ := w.invoke(t)
			if r.Counts.Renewed != c.instances {
				t.Errorf("%d of %d were renewed: %+v", r.Counts.Renewed, c.instances, r.Counts)
			}
			for id, n := range perInstance(w.cloud, "RenewInstance", "InstanceId") {
				if n != 1 {
					t.Errorf("%s was asked to be renewed %d times", id, n)
				}
			}
			renewals, prices := w.cloud.CallCount("RenewInstance"), w.cloud.CallCount("DescribeRenewalPrice")
			if renewals != c.instances || prices != c.instances {
				t.Errorf("%d renewals and %d prices for %d instances", renewals, prices, c.instances)
			}
			others, most := w.cloud.CallCount("")-renewals-prices, 8*c.instances/100+5 // one of them for the balance
			t.Logf("%d other calls, at most %d", others, most)
			if others > most {
				t.Errorf("%d other calls, want at most %d: %v", others, most, byAction(w.cloud))
			}
		})
	}
}

func TestCallsWhereNothingIsDue(t *testing.T) {
	list := regions(30)
	w := newWorld(t, cloud.Options{Regions: list}, map[string]string{"RENEW_REGIONS": "all"}, fleet("far", 300, far, list[:15]...)...) // the other half is empty
	r, _ := w.invoke(t)
	if len(r.Scopes) != len(list) || r.Counts.Due != 0 {
		t.Errorf("%d scopes, %+v", len(r.Scopes), r.Counts)
	}
	calls := w.cloud.CallCount("")
	t.Logf("%.2f calls a region", float64(calls)/float64(len(list)))
	if calls > 3*len(list) {
		t.Errorf("%d calls for %d regions: %v", calls, len(list), byAction(w.cloud))
	}
}

func perInstance(c *cloud.Cloud, action, parameter string) map[string]int {
	counts := map[string]int{}
	for _, call := range c.Calls() {
		if call.Action == action {
			counts[call.Params.Get(parameter)]++
		}
	}
	return counts
}

func byAction(c *cloud.Cloud) map[string]int {
	counts := map[string]int{}
	for _, call := range c.Calls() {
		counts[call.Action]++
	}
	return counts
}

// ignoreFilters takes the filters out of requests for a list.
func ignoreFilters(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err == nil {
			for _, n := range []string{"1", "2", "3", "4"} {
				r.Form.Del("Filter." + n + ".Key")
				r.Form.Del("Filter." + n + ".Value")
			}
		}
		next.ServeHTTP(w, r)
	})
}
