package handler_test

import (
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
)

// An event names an instance that is not there, or that the settings leave
// out: found out only by a list, and still before anything is changed.
func TestEventCannotWiden(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env   map[string]string
		event string
	}{
		"an unknown instance":   {nil, `{"instanceIds":["i-nowhere"]}`},
		"one without the tag":   {map[string]string{"RENEW_TAGS": "env=prod"}, `{"instanceIds":["i-1"]}`},
		"one in and one out":    {nil, `{"instanceIds":["i-1","i-nowhere"]}`},
		"one of another region": {nil, `{"instanceIds":["i-beijing"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, cloud.Options{}, tt.env, func(t *testing.T, w *bubble) {
				beijing := due("i-beijing")
				beijing.Region = "cn-beijing"
				w.add(due("i-1"), beijing)
				w.refused(tt.event, "bad-event")
			})
		})
	}
	t.Run("the named one alone is renewed", func(t *testing.T) {
		t.Parallel()
		inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
			w.add(due("i-1"), due("i-2"))
			r := w.run(`{"instanceIds":["i-2"]}`)
			w.charged("i-1", 0)
			w.charged("i-2", 1)
			if len(r.Instances) != 1 {
				t.Errorf("%+v", r.Instances)
			}
		})
	})
}

// Two cloud events, one says its region.
func TestCloudEventsWithAndWithoutRegion(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, map[string]string{"RENEW_REGIONS": "cn-hangzhou,cn-beijing"}, func(t *testing.T, w *bubble) {
		b := due("i-b")
		b.Region = "cn-beijing"
		w.add(due("i-1"), b)
		w.run(`[{"specversion":"1.0","source":"acs.ecs","type":"t","subject":"acs:ecs:cn-hangzhou:1234567890123456:instance/i-1"},{"specversion":"1.0","source":"acs.ecs","type":"t","data":{"instanceId":"i-b"}}]`)
		w.charged("i-1", 1)
		w.charged("i-b", 1)
	})
}

// A brake inside an event of the cloud is not overlooked.
func TestBrakeInTheDataOfACloudEvent(t *testing.T) {
	t.Parallel()
	inBubble(t, cloud.Options{}, nil, func(t *testing.T, w *bubble) {
		w.add(due("i-1"))
		w.refused(`{"id":"1","specversion":"1.0","source":"my.app","type":"renew","data":{"instanceId":"i-1","dryRun":true}}`, "bad-event")
		w.refused(`{"id":"1","specversion":"1.0","source":"my.app","type":"renew","subject":"i-1","data":{"content":{"dryRun":false}}}`, "bad-event")
	})
}
