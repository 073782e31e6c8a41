package runner

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// directory is a cloud whose list of members is made up page by page.
type directory struct {
	*fakeCloud
	page func(number int) ([]renewal.Member, int)
}

func (d directory) Members(_ context.Context, page int) ([]renewal.Member, int, error) {
	members, total := d.page(page)
	return members, total, nil
}

// entering gives what a run would enter, its warnings, and why the list of members
// is not whole.
func entering(t *testing.T, job Job, page func(number int) ([]renewal.Member, int)) (names, warnings []string, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &Runner{Now: time.Now, Open: func(context.Context, string) (Cloud, error) { return directory{newFakeCloud(0, 0), page}, nil }}
		run := r.newRun(job)
		for _, e := range run.entrances(t.Context()) {
			names = append(names, e.name)
		}
		for _, w := range run.warnings {
			warnings = append(warnings, w.Text.String())
		}
		err = run.members.err
	})
	return names, warnings, err
}

func arn(id string) string { return "acs:ram::" + id + ":role/renewer" }

// The account whose credentials list the members is self, should the list show
// it: a delegated administrator is a member. Who it is may have to be asked; here it
// is 1.
func TestOwnAccountAmongTheMembers(t *testing.T) {
	list := func(int) ([]renewal.Member, int) { return []renewal.Member{{ID: "1"}, {ID: "2"}}, 2 }
	for _, job := range []Job{{}, {Account: "1"}, {Account: "9", Doubtful: true}} {
		job.Accounts = []string{renewal.Self, renewal.Organization + "renewer"}
		names, warnings, err := entering(t, job, list)
		if err != nil || !slices.Equal(names, []string{renewal.Self, arn("2")}) || len(warnings) > 0 {
			t.Errorf("%+v: %q %q %v", job, names, warnings, err)
		}
		job.Accounts = job.Accounts[1:]
		names, warnings, err = entering(t, job, list)
		if err != nil || !slices.Equal(names, []string{arn("2")}) || len(warnings) != 1 || !strings.Contains(warnings[0], "self") {
			t.Errorf("%+v: %q %q %v", job, names, warnings, err)
		}
	}
}

// However odd the list is, reading it ends, and whoever was seen is entered.
func TestOddListsOfMembersEnd(t *testing.T) {
	job := Job{Account: "9", Accounts: []string{renewal.Organization + "renewer"}}
	for name, tt := range map[string]struct {
		page func(int) ([]renewal.Member, int)
		want []string
		err  error
	}{
		"the same page again and again": {func(int) ([]renewal.Member, int) { return []renewal.Member{{ID: "2"}}, 3 }, []string{arn("2")}, errMoving},
		"pages of one":                  {func(n int) ([]renewal.Member, int) { return []renewal.Member{{ID: fmt.Sprint(min(n, 3) + 1)}}, 3 }, []string{arn("2"), arn("3"), arn("4")}, nil},
		"a row without an id":           {func(int) ([]renewal.Member, int) { return []renewal.Member{{ID: "2"}, {}}, 2 }, []string{arn("2")}, errNameless},
		"more rows than promised":       {func(int) ([]renewal.Member, int) { return []renewal.Member{{ID: "2"}, {ID: "3"}}, 1 }, []string{arn("2"), arn("3")}, nil},
		"nobody":                        {func(int) ([]renewal.Member, int) { return nil, 0 }, nil, nil},
		"nobody, of three":              {func(int) ([]renewal.Member, int) { return nil, 3 }, nil, errMoving},
		"one who leaves meanwhile": {func(n int) ([]renewal.Member, int) {
			return [][]renewal.Member{{{ID: "2"}}, {{ID: "2", Leaving: true}, {ID: "3"}}}[min(n, 2)-1], 2
		}, []string{arn("3")}, nil},
	} {
		names, _, err := entering(t, job, tt.page)
		if !slices.Equal(names, tt.want) || err != tt.err { //nolint:errorlint // these very errors
			t.Errorf("%s: %q %v, want %q %v", name, names, err, tt.want, tt.err)
		}
	}
}

// Once the first page says how many there are, the others are read side by side, and
// no more at once than RENEW_CONCURRENCY allows; whatever number it says.
func TestMembersAreReadSideBySide(t *testing.T) {
	list := func(members, total int) func(int) ([]renewal.Member, int) {
		return func(number int) (page []renewal.Member, _ int) {
			for n := (number - 1) * fullPage; n < min(number*fullPage, members); n++ {
				page = append(page, renewal.Member{ID: fmt.Sprintf("%05d", n)})
			}
			return page, total
		}
	}
	for name, tt := range map[string]struct {
		members, total int
		atOnce, pages  int
		calls          int // one after the other
		err            error
	}{
		"ten full pages":        {members: 1000, total: 1000, atOnce: 8, pages: 11, calls: 3},
		"one at a time":         {members: 1000, total: 1000, atOnce: 1, pages: 11, calls: 11},
		"a page and a half":     {members: 150, total: 150, atOnce: 8, pages: 2, calls: 2},
		"one page":              {members: 99, total: 99, atOnce: 8, pages: 1, calls: 1},
		"more than it promises": {members: 350, total: 150, atOnce: 8, pages: 4, calls: 4},
		"an endless promise":    {members: 150, total: 1 << 40, atOnce: 8, pages: 3 * 9, calls: 3 * 2, err: errMoving},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				under, most, pages := 0, 0, 0
				page := list(tt.members, tt.total)
				slow := func(number int) ([]renewal.Member, int) {
					mu.Lock()
					under, pages = under+1, pages+1
					most = max(most, under)
					mu.Unlock()
					time.Sleep(time.Second)
					mu.Lock()
					under--
					mu.Unlock()
					return page(number)
				}
				r := &Runner{Now: time.Now, Open: func(context.Context, string) (Cloud, error) { return directory{newFakeCloud(0, 0), slow}, nil }}
				run := r.newRun(Job{Account: "9", Accounts: []string{renewal.Organization + "renewer"}, Concurrency: tt.atOnce})
				begun := time.Now()
				entrances := run.entrances(t.Context())
				took := time.Since(begun)
				if len(entrances) != tt.members || run.members.err != tt.err { //nolint:errorlint // this very error
					t.Errorf("%d members, %v", len(entrances), run.members.err)
				}
				if most > tt.atOnce || pages != tt.pages || took != time.Duration(tt.calls)*time.Second {
					t.Errorf("%d pages, %d at once, in %v", pages, most, took)
				}
			})
		})
	}
}

// Every call waits its turn, but for those that follow on a look: a method that is new
// to Cloud is to be thought about here.
func TestCallsWaitTheirTurn(t *testing.T) {
	files, bounded, all := token.NewFileSet(), map[string]bool{}, []string{}
	for _, name := range []string{"calls.go", "cloud.go"} {
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				bounded[n.Name.Name] = n.Recv != nil
			case *ast.TypeSpec:
				calls, ok := n.Type.(*ast.InterfaceType)
				if !ok {
					return true
				}
				for _, method := range calls.Methods.List {
					for _, name := range method.Names { // an interface within one has none
						all = append(all, name.Name)
					}
				}
			}
			return true
		})
	}
	if len(all) < 15 {
		t.Fatalf("found only %q: is this test still reading the interfaces?", all)
	}
	for _, method := range all {
		if afterALook := method == "Renew" || method == "Tag"; bounded[method] == afterALook {
			t.Errorf("%s: bounded %v", method, bounded[method])
		}
	}
}
