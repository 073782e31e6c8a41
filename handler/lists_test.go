package handler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
	"github.com/fc-renewer/fc-renewer/internal/runner"
)

func TestOneRegionOfFourFails(t *testing.T) {
	t.Parallel()
	regions := []string{"cn-hangzhou", "cn-beijing", "cn-shanghai", "cn-shenzhen"}
	inBubble(t, cloud.Options{}, settings{"RENEW_REGIONS": strings.Join(regions, ",")}, func(t *testing.T, w *bubble) {
		for _, region := range regions {
			in := due("i-" + region)
			in.Region = region
			w.cloud.AddInstance(in)
		}
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Region: "cn-shanghai", Kind: cloud.BadGateway})
		r := w.run("")
		if r.Status != renewal.Partial || r.Counts.Renewed != 3 {
			t.Errorf("%s %+v", r.Status, r.Counts)
		}
		for _, scope := range r.Scopes {
			if scope.Complete == (scope.Region == "cn-shanghai") || (scope.Error == "") != scope.Complete {
				t.Errorf("%+v", scope)
			}
		}
		w.charged("i-cn-shanghai", 0)
	})
}

// A list that breaks off is not a list: its part is shown and not acted upon.
func TestPartOfAListIsNotTheWhole(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{PageCap: 2}, map[string]string{"RENEW_REGIONS": "cn-hangzhou,cn-beijing"}, func(t *testing.T, w *bubble) {
		w.add(due("i-1"), due("i-2"), due("i-3"), cloud.Instance{ID: "i-b", Region: "cn-beijing", Expires: time.Now().Add(renewal.Day)})
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Region: "cn-hangzhou", Kind: cloud.BadGateway, Call: 2, Count: 100})
		r := w.run("")
		w.charged("i-1", 0)
		w.charged("i-2", 0)
		w.charged("i-b", 1)
		outcome(t, r, "i-1", renewal.NotTried)
		if r.Status != renewal.Partial {
			t.Errorf("status %s", r.Status)
		}
	})
}

// Of the only list a part could be read: what is in it is reported, and told to
// lapse where it does; nothing is changed.
func TestPartOfTheOnlyListIsReported(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{PageCap: 2}, nil, func(t *testing.T, w *bubble) {
		w.add(expiring("i-1", 9*time.Hour), due("i-2"), due("i-3"))
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.BadGateway, Call: 2, Count: 100})
		r := w.run("")
		outcome(t, r, "i-1", renewal.NotTried)
		if r.Status == renewal.OK || r.Scopes[0].Complete || len(r.Lapsing) != 1 || r.Lapsing[0] != "i-1" {
			t.Errorf("%s %+v %v", r.Status, r.Scopes, r.Lapsing)
		}
		w.unchanged()
	})
}

func TestListThatNeverEnds(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.EndlessToken})
		r := w.run("")
		outcome(t, r, "i-1", renewal.NotTried)
		if r.Scopes[0].Complete || r.Status == renewal.OK {
			t.Errorf("%s %+v", r.Status, r.Scopes)
		}
		w.unchanged()
	})
}

func TestNothingDueIsSaidOnlyAfterACompleteList(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		r := w.run("")
		if r.Status != renewal.OK || !r.Scopes[0].Complete {
			t.Errorf("%+v", r)
		}
		if n := w.cloud.CallCount("DescribeInstances"); n != 2 {
			t.Errorf("%d calls; an empty list must be proven by a second", n)
		}
	})
}

// Short pages for reads by id.
func TestShortPagesOfReadsByID(t *testing.T) {
	t.Parallel()
	t.Run("full", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{PageCap: 2}, nil, func(t *testing.T, w *bubble) {
			w.add(due("i-1"), due("i-2"), due("i-3"), due("i-4"), due("i-5"))
			r := w.run("")
			if r.Counts.Renewed != 5 {
				t.Errorf("%+v", r.Counts)
			}
		})
	})
	t.Run("named", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{PageCap: 2}, nil, func(t *testing.T, w *bubble) {
			w.add(due("i-1"), due("i-2"), due("i-3"))
			if r := w.run(`{"instanceIds":["i-1","i-2","i-3"]}`); r.Counts.Renewed != 3 {
				t.Errorf("%+v", r.Counts)
			}
		})
	})
}

// An expiry that JSON cannot say: an error after spending.
func TestNoErrorAfterSpendingForAnOddYear(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"), expiring("i-odd", 50*renewal.Day))
		in, _ := w.cloud.Instance("i-1")
		body := fmt.Sprintf(`{"RequestId":"R","Instances":{"Instance":[
	 {"InstanceId":"i-1","InstanceChargeType":"PrePaid","ExpiredTime":%q},
	 {"InstanceId":"i-odd","InstanceChargeType":"PrePaid","ExpiredTime":"0000-01-01T00:00+08:00"}]}}`, in.Expires.UTC().Format("2006-01-02T15:04Z"))
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.HTMLBody, Body: body, Call: 1})
		if _, err := w.begin("").answer(); err != nil && w.cloud.Charges("i-1") > 0 {
			t.Errorf("an error after spending: %v", err)
		}
	})
}

// One region hangs; the others go on.
func TestOneRegionThatHangsStopsNoOther(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_REGIONS": "cn-hangzhou,cn-beijing"}, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.timeout = time.Minute
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Region: "cn-beijing", Kind: cloud.SlowAfter})
		w.run("")
		w.charged("i-1", 1)
	})
}

// What is due where the list broke off takes nothing of the caps from the rest.
func TestIncompleteListTakesNothingOfTheCaps(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{PageCap: 1}, map[string]string{"RENEW_REGIONS": "cn-hangzhou,cn-beijing", "RENEW_MAX_COUNT": "1"}, func(t *testing.T, w *bubble) {
		b1, b2 := expiring("i-b1", renewal.Day), expiring("i-b2", renewal.Day)
		b1.Region, b2.Region = "cn-beijing", "cn-beijing"
		w.add(b1, b2, due("i-1"))
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Region: "cn-beijing", Kind: cloud.TokenError})
		r := w.run("")
		w.charged("i-1", 1)
		outcome(t, r, "i-1", renewal.Renewed)
		outcome(t, r, "i-b1", renewal.NotTried)
		if r.Money.Planned != "100.00" || r.Status != renewal.Partial {
			t.Errorf("%s %+v", r.Status, r.Money)
		}
	})
}

// A list whose token was refused once is begun again, and is whole then.
func TestListIsBegunAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{PageCap: 1}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"), due("i-2"), due("i-3"))
		w.cloud.Fail(cloud.Fault{Action: "DescribeInstances", Kind: cloud.TokenError, Call: 2})
		r := w.run("")
		if r.Counts.Listed != 3 || r.Counts.Renewed != 3 || r.Status != renewal.OK {
			t.Errorf("%s %+v %+v", r.Status, r.Counts, r.Scopes)
		}
	})
}

func TestAllRegions(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{Regions: []string{"cn-hangzhou", "cn-beijing", "eu-central-1"}}, map[string]string{"RENEW_REGIONS": "all"}, func(t *testing.T, w *bubble) {
		far := due("i-far")
		far.Region = "eu-central-1"
		w.add(due("i-1"), far)
		r := w.run("")
		w.charged("i-1", 1)
		w.charged("i-far", 1)
		if len(r.Scopes) != 3 {
			t.Errorf("%+v", r.Scopes)
		}
		w.cloud.ForgetCalls()
		if _, err := w.begin(`{"regions":["cn-nowhere"]}`).answer(); kindOf(err) != runner.BadEvent {
			t.Errorf("%v", err)
		}
	})
}
