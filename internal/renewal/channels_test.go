package renewal

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

func channels(names ...string) func(*Policy) { return func(p *Policy) { p.Channels = names } }

// tells is a rule about everything whose id begins with a text.
func tells(prefix string, names ...string) func(*Policy) {
	return func(p *Policy) {
		p.Rules = append(p.Rules, Rule{Name: "of " + prefix, Notify: names, When: func(in Instance, _ time.Time) (bool, error) {
			return strings.HasPrefix(in.ID, prefix), nil
		}})
	}
}

// What a rule names and what a tag names both hear; a tag that names nobody is
// told, and no tag about routing ever holds a payment.
func TestWhoHearsOfAnInstance(t *testing.T) {
	for name, tt := range map[string]struct {
		changes []func(*Policy)
		tags    []string
		want    []string
		note    string // what is said of it
	}{
		"nobody":                     {nil, nil, nil, ""},
		"by its rule":                {[]func(*Policy){tells("i-", "pay", "dba")}, nil, []string{"dba", "pay"}, ""},
		"by the first rule alone":    {[]func(*Policy){tells("i-", "pay"), tells("i-", "dba")}, nil, []string{"pay"}, ""},
		"by no rule that holds":      {[]func(*Policy){tells("j-", "pay")}, nil, nil, ""},
		"by its tag":                 {nil, []string{"renew:notify", " dba ,, pay,dba"}, []string{"dba", "pay"}, ""},
		"by both":                    {[]func(*Policy){tells("i-", "pay")}, []string{"renew:notify", "dba"}, []string{"dba", "pay"}, ""},
		"by both, the same":          {[]func(*Policy){tells("i-", "pay")}, []string{"renew:notify", "pay"}, []string{"pay"}, ""},
		"no trust in tags":           {[]func(*Policy){trust(TrustOff)}, []string{"renew:notify", "dba"}, nil, ""},
		"full trust in tags":         {[]func(*Policy){trust(TrustFull)}, []string{"renew:notify", "dba"}, []string{"dba"}, ""},
		"another prefix":             {[]func(*Policy){func(p *Policy) { p.TagPrefix = "ops." }}, []string{"ops.notify", "dba"}, []string{"dba"}, ""},
		"a name that nobody has":     {nil, []string{"renew:notify", "dba,paymets"}, []string{"dba"}, `names the channel "paymets"`},
		"a name that is none":        {nil, []string{"renew:notify", "Dba"}, nil, `names the channel "Dba"`},
		"a tag that is nearly ours":  {nil, []string{"renew:notfy", "dba"}, nil, `nearly "renew:notify"`},
		"in capitals":                {nil, []string{"Renew:Notify", "dba"}, nil, `nearly "renew:notify"`},
		"something else of ours":     {nil, []string{"renew:owner", "dba"}, nil, `is none of`},
		"an empty tag names nobody":  {nil, []string{"renew:notify", ""}, nil, ""},
		"the channel without a name": {nil, []string{"renew:notify", ","}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := policy(Renew, append([]func(*Policy){channels("", "pay", "dba")}, tt.changes...)...)
			d := decideOne(p, ending(Day, tagged(tt.tags...)))
			if !slices.Equal(d.Notify, tt.want) {
				t.Errorf("%q hear of it, want %q", d.Notify, tt.want)
			}
			if d.Action != Renew || d.Reason != Due {
				t.Errorf("it is %s, %s", d.Action, d.Reason)
			}
			var said []string
			for _, note := range d.Notes {
				said = append(said, note.String())
			}
			if all := strings.Join(said, "\n"); (tt.note == "") != (all == "") || !strings.Contains(all, tt.note) {
				t.Errorf("noted: %q, want %q", all, tt.note)
			}
		})
	}
}

// twoTeams is a run with instances of two teams, and of nobody.
func twoTeams(names ...string) Run {
	p := policy(Renew, channels(names...), tells("i-pay", "pay"), tells("i-dba", "dba"), func(p *Policy) {
		p.Caps.MaxSpend = cny("1000")
	})
	priced := func(id string, left time.Duration, o Outcome, changes ...func(*Result)) Result {
		d := decideOne(p, ending(left, called(id), func(in *Instance) { in.Name = "name-of-" + id }))
		d.Price = cny("100")
		return came(d, o, changes...)
	}
	over := priced("i-dba-3", 5*Day, Held)
	over.Decision.Reason = OverMaxSpend
	odd := priced("i-dba-4", 9*Day, NothingToDo)
	odd.Decision.Price = Amount{}
	run := done(p,
		priced("i-pay-1", Day/2, OutcomeFailed, func(r *Result) { r.Error = lang.Plain("refused") }), priced("i-pay-2", 2*Day, Renewed),
		priced("i-dba-1", 3*Day, Renewed), priced("i-dba-2", 4*Day, Unverified), over, odd, priced("i-nobody-1", 6*Day, Renewed))
	run.Balances = Balances{owner: cny("5000")}
	run.Scopes = []Scope{
		{Account: owner, Region: "cn-hangzhou", Complete: true, Listed: 20, Own: map[string]int{"pay": 2, "dba": 8, "": 10}},
		{Account: owner, Region: "cn-beijing", Complete: true, Listed: 5, Own: map[string]int{"dba": 5}},
		{Account: owner, Region: "cn-shanghai", Error: "denied"},
	}
	run.Warnings = []Warning{
		{About: "i-pay-1", Text: lang.Plain("i-pay-1: of the payments")},
		{About: "i-dba-4", Text: lang.Plain("i-dba-4: of the databases")},
		{About: "i-nobody-1", Text: lang.Plain("i-nobody-1: of nobody")},
		{Text: lang.Plain("of the run")},
	}
	return run
}

// A channel with a name hears of its own instances, and not a word about others'.
func TestReportOfOneChannel(t *testing.T) {
	r := Summarize(twoTeams("", "pay", "dba", "idle"))
	if _, heard := r.Own["idle"]; heard || len(r.Own) != 2 {
		t.Errorf("%d channels hear something", len(r.Own))
	}
	own := r.Own["dba"]
	if want := (Counts{Listed: 13, Due: 3, Renewed: 1, Unverified: 1, Held: 1}); own.Counts != want {
		t.Errorf("%+v, want %+v", own.Counts, want)
	}
	if want := (Money{Currency: "CNY", Planned: "200.00", Spent: "100.00", Unverified: "100.00", Held: "100.00"}); own.Money != want {
		t.Errorf("%+v, want %+v", own.Money, want)
	}
	if own.Status != Partial || r.Own["pay"].Status != Partial || len(own.Lapsing) != 0 || !slices.Equal(r.Own["pay"].Lapsing, []string{"i-pay-1"}) {
		t.Errorf("%s, lapsing %q; %s, lapsing %q", own.Status, own.Lapsing, r.Own["pay"].Status, r.Own["pay"].Lapsing)
	}
	if diff := cmp.Diff([]string{"i-dba-4: of the databases"}, own.Warnings); diff != "" {
		t.Error(diff)
	}
	var regions []string
	for _, s := range own.Scopes {
		regions = append(regions, s.Region)
	}
	if !slices.Equal(regions, []string{"cn-hangzhou", "cn-beijing"}) {
		t.Errorf("scopes %q", regions)
	}
	for channel, others := range map[string][]string{
		"dba": {"i-pay", "i-nobody", "of the payments", "of nobody", "of the run", "cn-shanghai", "1000.00", "5000.00"},
		"pay": {"i-dba", "i-nobody", "of the databases", "of nobody", "of the run", "cn-shanghai", "cn-beijing", "1000.00", "5000.00"},
	} {
		text, err := json.Marshal(r.Own[channel])
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range others {
			if strings.Contains(string(text), word) {
				t.Errorf("%s hears of %q: %s", channel, word, text)
			}
		}
	}
	if whole, err := json.Marshal(r); err != nil || strings.Contains(string(whole), `"Own"`) || !strings.Contains(string(whole), `"notify":["dba"]`) || !strings.Contains(string(whole), `"notify":[]`) {
		t.Errorf("%v %s", err, whole)
	}
}

// Where every channel has a name, all of them hear of what belongs to none.
func TestWhatBelongsToNoneIsHeardByAll(t *testing.T) {
	r := Summarize(twoTeams("pay", "dba", "idle"))
	for channel, want := range map[string]Counts{
		"pay":  {Listed: 12, Due: 3, Renewed: 2, Failed: 1},
		"dba":  {Listed: 23, Due: 4, Renewed: 2, Unverified: 1, Held: 1},
		"idle": {Listed: 10, Due: 1, Renewed: 1},
	} {
		own, heard := r.Own[channel]
		if !heard || own.Counts != want {
			t.Errorf("%s: %+v, want %+v", channel, own.Counts, want)
		}
		text, err := json.Marshal(own)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"i-nobody-1: of nobody", "of the run", "cn-shanghai"} {
			if !strings.Contains(string(text), word) {
				t.Errorf("%s does not hear of %q", channel, word)
			}
		}
		if channel != "dba" && strings.Contains(string(text), "i-dba") || channel != "pay" && strings.Contains(string(text), "i-pay") {
			t.Errorf("%s hears of others' instances: %s", channel, text)
		}
	}
}

// What is counted for a channel is what its decisions are of.
func TestTallyByChannel(t *testing.T) {
	p := policy(Renew, channels("", "pay", "dba"), tells("i-pay", "pay"), tells("i-dba", "dba"), func(p *Policy) {
		p.Exclude.IDs = []string{"i-pay-2", "i-dba-9"}
	})
	fleet := []Instance{
		ending(Day, called("i-pay-1")), ending(90*Day, called("i-pay-2"), tagged("renew:notify", "dba")),
		ending(90*Day, called("i-dba-1"), mode("")), ending(90*Day, called("i-other")), ending(90*Day, called("i-dba-2"), tagged("renew:notify", "nobody")),
	}
	half := func(list []Instance) *Tally {
		tally := p.NewTally(now)
		for _, in := range list {
			tally.Add(in)
		}
		return tally
	}
	tally := half(fleet[:2])
	tally.Merge(half(fleet[2:]))

	want := map[string]int{}
	for _, in := range fleet {
		d := decideOne(p, in)
		for _, name := range d.Notify {
			want[name]++
		}
		if len(d.Notify) == 0 {
			want[""]++
		}
	}
	if diff := cmp.Diff(want, tally.Own()); diff != "" || want["dba"] != 3 || want[""] != 1 {
		t.Errorf("-want +got:\n%s", diff)
	}
	whole := tally.Coverage()
	if whole.Listed != 5 || whole.Excluded != 1 || len(whole.Entries) != 2 {
		t.Errorf("%+v", whole)
	}
	part := tally.of("pay").part()
	if part.Listed != 2 || part.Selected != 2 || part.Excluded != 1 {
		t.Errorf("%+v", part)
	}
	if diff := cmp.Diff([]CoveredEntry{{Setting: "RENEW_EXCLUDE_IDS", Entry: "i-pay-2", Matched: 1}}, part.Entries); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]CoveredRule{{Name: "of i-pay", Holds: 2, Decides: 1}}, part.Rules); diff != "" {
		t.Error(diff)
	}
	p.Channels = []string{"pay"}
	alone := half(fleet)
	if n := alone.of("pay").Coverage().Listed; n != 3 { // with what belongs to none, i-dba-2 included: its tag names nobody
		t.Errorf("%d are heard of", n)
	}
}
