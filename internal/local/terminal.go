package local

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"golang.org/x/term"
)

// isTerminal says whether a person watches w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// usualWidth is that of a terminal of which no other is known, and of what is no
// terminal: a file, a pipe, the log of a pipeline.
const usualWidth = 80

// width is how many columns w shows.
func (p *program) width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	if columns, err := strconv.Atoi(p.variable("COLUMNS")); err == nil && columns > 0 {
		return columns
	}
	return usualWidth
}

// colours says whether w may be coloured (https://no-color.org).
func (p *program) colours(w io.Writer) bool {
	return isTerminal(w) && p.variable("NO_COLOR") == "" && p.variable("TERM") != "dumb"
}

// variable reads the environment. The first of a name wins, as for a process.
func (p *program) variable(name string) string {
	environ := p.handler.Environ()
	if i := slices.IndexFunc(environ, func(v string) bool { return strings.HasPrefix(v, name+"=") }); i >= 0 {
		return environ[i][len(name)+1:]
	}
	return ""
}

// progress shows one line that is rewritten while something takes its time, to
// people only. What it gives back ends it and leaves no trace.
func (p *program) progress(text func() lang.Text) (end func()) {
	if !isTerminal(p.stderr) {
		return func() {}
	}
	begun := time.Now()
	show := func() {
		fmt.Fprintf(p.stderr, "\r\x1b[K%s (%.0f s)", text().In(p.language()), time.Since(begun).Seconds())
	}
	show()
	quit := make(chan struct{})
	var showing sync.WaitGroup
	showing.Go(func() {
		ticker := time.NewTicker(200 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				show()
			case <-quit:
				fmt.Fprint(p.stderr, "\r\x1b[K")
				return
			}
		}
	})
	return func() { close(quit); showing.Wait() }
}
