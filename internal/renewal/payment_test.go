package renewal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

var (
	steps   = []Step{This, Again, Next}
	answers = []Answer{Accepted, InDoubt, Mismatched, NotNow, MayHeal, TermsRefused, Refused}
)

// What an error of the money call means, the worst reading first: where an error
// says two things, the one that leaves more in doubt counts.
func TestAnswerOf(t *testing.T) {
	refusal := func(change func(*CallError)) error {
		e := &CallError{Action: "ecs:RenewInstance", Code: "Some.Code", Class: Terminal}
		change(e)
		return fmt.Errorf("renewing i-a: %w", e)
	}
	for name, c := range map[string]struct {
		err  error
		want Answer
	}{
		"an order":                             {nil, Accepted},
		"what nobody classified":               {io.ErrUnexpectedEOF, InDoubt},
		"a zero error":                         {&CallError{}, InDoubt},
		"in doubt":                             {refusal(func(e *CallError) { e.Class = Ambiguous }), InDoubt},
		"in doubt, with a code that heals":     {refusal(func(e *CallError) { e.Class, e.Heals = Ambiguous, true }), InDoubt},
		"in doubt, with a code about terms":    {refusal(func(e *CallError) { e.Class, e.OtherTerms = Ambiguous, true }), InDoubt},
		"other terms for this token":           {refusal(func(e *CallError) { e.Mismatch = true }), Mismatched},
		"other terms, whatever the class":      {refusal(func(e *CallError) { e.Mismatch, e.Class = true, Retryable }), Mismatched},
		"throttled":                            {refusal(func(e *CallError) { e.Class, e.Busy = Retryable, true }), NotNow},
		"throttled, with a code that heals":    {refusal(func(e *CallError) { e.Class, e.Heals = Retryable, true }), NotNow},
		"no stock":                             {refusal(func(e *CallError) { e.Heals = true }), MayHeal},
		"no money":                             {refusal(func(e *CallError) { e.Class, e.Heals, e.Money = Halt, true, true }), MayHeal},
		"a period that is not offered":         {refusal(func(e *CallError) { e.OtherTerms = true }), TermsRefused},
		"no longer a subscription":             {refusal(func(*CallError) {}), Refused},
		"no right":                             {refusal(func(e *CallError) { e.Denied, e.Unpermitted = true, true }), Refused},
		"credentials that nobody accepts":      {refusal(func(e *CallError) { e.Class, e.Denied = Halt, true }), Refused},
		"a refusal among other errors, joined": {errors.Join(errors.New("x"), refusal(func(e *CallError) { e.Heals = true })), MayHeal},
	} {
		if got := AnswerOf(c.err); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// The table in docs/money.md is the function, cell by cell. A column holds for
// every payment that it describes; where what follows depends on how many
// answers were in doubt, the cell says both, with the number.
func TestPaymentIsTheTableOfItsPage(t *testing.T) {
	rows := tableOf(t, "../../docs/money.md", "answer")
	if len(rows) != len(answers) {
		t.Errorf("docs/money.md has %d rows for %d answers", len(rows), len(answers))
	}
	again := fmt.Sprintf("`%s`, after %d repetitions `%s`", SendAgain, Repeats, Watch)
	cells := 0
	for _, a := range answers {
		row := rows["`"+a.String()+"`"]
		if row == nil {
			t.Errorf("docs/money.md has no row for %q", a)
			continue
		}
		for _, step := range steps {
			for doubts := range Repeats + 1 {
				for _, once := range []bool{false, true} {
					column := "`" + step.String() + "`"
					switch {
					case once && (step != This || doubts > 0):
						continue // what is asked for once has one step, and is not asked for after a doubt
					case once:
						column = "once"
					case doubts > 0:
						column = "in doubt"
					}
					p := Payment{Step: step, Doubts: doubts, Once: once}
					_, move := p.After(a)
					cell := row[column]
					if cell == again {
						cell = "`" + either(doubts < Repeats, SendAgain, Watch).String() + "`"
					}
					if cells++; cell != "`"+move.String()+"`" {
						t.Errorf("%s answered to %+v: %s follows, and docs/money.md says %q in column %q", a, p, move, cell, column)
					}
				}
			}
		}
	}
	if want := len(answers) * (len(steps)*(Repeats+1) + 1); cells != want {
		t.Errorf("%d cells were compared, of %d", cells, want)
	}
}

// tableOf reads the table whose first heading is given: its rows by their first
// cell, each with its cells by their heading.
func tableOf(t *testing.T, file, first string) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var heads []string
	rows := map[string]map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case !strings.HasPrefix(line, "|"):
			heads = nil
		case cells[0] == first:
			heads = cells
		case heads == nil || strings.HasPrefix(cells[0], "---"):
		case len(cells) != len(heads) || rows[cells[0]] != nil:
			t.Errorf("%s: a row of %d cells, or a second one of its kind: %s", file, len(cells), line)
		default:
			row := map[string]string{}
			for i, head := range heads {
				row[head] = cells[i]
			}
			rows[cells[0]] = row
		}
	}
	return rows
}

// Every sequence of up to six answers, to the end of what follows on it. What is
// asked of them is told from the answers alone, and knows nothing of how After
// finds its moves.
func TestEverySequenceOfAnswers(t *testing.T) {
	const longest = 6
	walked, ended := 0, 0
	var walk func(p Payment, before []asked)
	walk = func(p Payment, before []asked) {
		for _, a := range answers {
			next, move := p.After(a)
			walked++
			if wrong := wrongAfter(p, before, a, next, move); wrong != "" {
				t.Fatalf("%s: %s answered to %+v: %s follows, with %+v: %s", tell(before), a, p, move, next, wrong)
			}
			if move == Verify || move == Watch || move == Stop {
				ended++
				continue
			}
			if len(before)+1 < longest {
				walk(next, append(before[:len(before):len(before)], asked{p.Step, a, move}))
			}
		}
	}
	walk(Payment{}, nil)
	walk(Payment{Once: true}, nil)
	t.Logf("%d answers to all sequences, %d of them the last", walked, ended)
	if walked < 1000 || ended == 0 {
		t.Errorf("only %d answers were walked, %d of them the last", walked, ended)
	}
}

// An asked is one call of a sequence: with which token, what was answered, and
// what followed.
type asked struct {
	step   Step
	answer Answer
	move   Move
}

func tell(calls []asked) string {
	var b strings.Builder
	for _, c := range calls {
		fmt.Fprintf(&b, "%s: %s, %s; ", c.step, c.answer, c.move)
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// wrongAfter says what is wrong with next and move following on the answer a,
// which was given to p, when before was asked before it; "" = nothing.
func wrongAfter(p Payment, before []asked, a Answer, next Payment, move Move) string {
	doubts, refusals, raised := 0, 0, 0 // refusals that are definite and may lead on
	for _, c := range append(before[:len(before):len(before)], asked{p.Step, a, move}) {
		if c.answer == InDoubt {
			doubts++
		}
		if c.answer == MayHeal || c.answer == TermsRefused {
			refusals++
		}
		if c.move == NextGeneration {
			raised++
		}
	}
	doubtful := doubts > 0 || a == Mismatched
	leadsOn := a == MayHeal || a == TermsRefused
	switch {
	case (move == Verify) != (a == Accepted):
		return "verified is what was accepted, and nothing else"
	case doubtful && move != Watch && move != SendAgain && move != Verify:
		return "after a doubt the only thing to do is to look, or to send the same again"
	case doubtful && a.definite() && move != Watch:
		return "no refusal ends a doubt"
	case doubtful && next.Step != p.Step:
		return "after a doubt there is no other token"
	case a == InDoubt && move == SendAgain && doubts > Repeats:
		return "it is sent again too often"
	case a == InDoubt && !p.Once && doubts <= Repeats && move != SendAgain:
		return "it is given up too early"
	case p.Once && doubtful && a != Accepted && move != Watch:
		return "it is asked for once, and may be paid"
	case p.Once && (move == ComeAgain || move == NextGeneration || next.Step != This):
		return "it is asked for once, and has one token"
	case a == Mismatched && move != Watch:
		return "somebody else asked: what came of it can only be read"
	case a == NotNow && (move != SendAgain || next != p):
		return "it was not carried out: nothing has changed"
	case a == Refused && !doubtful && move != Stop:
		return "that was that"
	case move == Stop && (doubtful || !a.definite()):
		return "it stops without being certain that nothing was paid"
	case move == ComeAgain && (p.Step != This || next.Step != Again || !leadsOn || refusals != 1):
		return "it comes again once, after the first refusal that may lead on"
	case move == NextGeneration && (p.Step != Again || next.Step != Next || !leadsOn || refusals != 2 || raised != 1):
		return "a token is given up once, after two refusals of it"
	case leadsOn && !doubtful && !p.Once && p.Step == This && move != ComeAgain:
		return "the same token is to be asked with once more"
	case leadsOn && !doubtful && !p.Once && p.Step == Again && move != NextGeneration:
		return "refused twice, the token is to be given up"
	case leadsOn && !doubtful && p.Step == Next && move != Stop:
		return "the answer to the next token is final"
	case next.Step != p.Step && move != ComeAgain && move != NextGeneration:
		return "the token changes without a reason"
	case next.Doubts != doubts:
		return "the doubts are counted wrongly"
	case next.Once != p.Once:
		return "what a repetition does is a fact of the product"
	}
	return ""
}

// definite says whether a is a refusal that proves that this call paid nothing.
func (a Answer) definite() bool { return a == MayHeal || a == TermsRefused || a == Refused }
