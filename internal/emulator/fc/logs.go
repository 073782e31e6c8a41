package fc

import (
	"bufio"
	"context"
	"io"
	"strings"
	"sync"
)

// A journal keeps the output lines of all processes in the order they came.
type journal struct {
	mu    sync.Mutex
	lines []journalLine
	grown chan struct{} // closed and replaced whenever a line comes
}

type journalLine struct {
	instanceID, text string
}

func newJournal() *journal { return &journal{grown: make(chan struct{})} }

// copyFrom adds lines until the output ends. A last line without its newline counts.
func (j *journal) copyFrom(output io.Reader, instanceID string) {
	lines := bufio.NewReader(output)
	for {
		text, err := lines.ReadString('\n')
		if text != "" {
			j.add(instanceID, strings.TrimSuffix(text, "\n"))
		}
		if err != nil {
			return
		}
	}
}

func (j *journal) add(instanceID, text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, journalLine{instanceID, text})
	close(j.grown)
	j.grown = make(chan struct{})
}

// mark is the place where the next line will be.
func (j *journal) mark() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.lines)
}

// since joins the lines from mark on; an empty id means those of all processes.
func (j *journal) since(mark int, instanceID string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var b strings.Builder
	for _, l := range j.lines[mark:] {
		if instanceID == "" || l.instanceID == instanceID {
			b.WriteString(l.text)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// await waits for a line of the process that contains text. An answer overtakes
// the output written before it, since the two take different ways here.
func (j *journal) await(ctx context.Context, mark int, instanceID, text string) {
	for {
		j.mu.Lock()
		grown := j.grown
		for ; mark < len(j.lines); mark++ {
			if l := j.lines[mark]; l.instanceID == instanceID && strings.Contains(l.text, text) {
				j.mu.Unlock()
				return
			}
		}
		j.mu.Unlock()
		select {
		case <-grown:
		case <-ctx.Done():
			return
		}
	}
}
