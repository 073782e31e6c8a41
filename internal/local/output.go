package local

import (
	"bufio"
	"io"
	"os"
	"path/filepath"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// An output is a file that a command writes at its end. It is opened at the
// beginning, so that one that cannot be written is said before anything is
// called; what it holds stays until there is something to write.
type output struct {
	flag, name string
	file       *os.File
	made       bool // it was not there before
	written    bool
}

// openOutput opens the file that a flag names; nil where it names none.
func openOutput(flag, name string) (*output, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // no output is none
	}
	_, err := os.Lstat(name)
	o := &output{flag: flag, name: name, made: os.IsNotExist(err)}
	if o.file, err = os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644); err != nil { //nolint:gosec // for people to read
		return nil, o.cannot(err)
	}
	return o, nil
}

func (o *output) cannot(err error) error {
	return lang.Err("--%s: it cannot be written: %v", "--%s：无法写入：%v", o.flag, err)
}

// write replaces what the file holds.
func (o *output) write(content func(io.Writer) error) error {
	if o == nil {
		return nil
	}
	o.written = true
	if info, err := o.file.Stat(); err == nil && info.Mode().IsRegular() {
		if err := o.file.Truncate(0); err != nil {
			return o.cannot(err)
		}
	}
	w := bufio.NewWriter(o.file)
	err := content(w)
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return o.cannot(err)
	}
	return nil
}

// close leaves no empty file behind where nothing was written.
func (o *output) close() {
	if o == nil {
		return
	}
	_ = o.file.Close()
	if o.made && !o.written {
		_ = os.Remove(o.name)
	}
}

// same says whether two names are those of one file.
func (o *output) same(other *output) bool {
	if o == nil || other == nil {
		return false
	}
	a, errA := o.file.Stat()
	b, errB := other.file.Stat()
	if errA != nil || errB != nil {
		return filepath.Clean(o.name) == filepath.Clean(other.name)
	}
	return a.Mode().IsRegular() && os.SameFile(a, b)
}

// outputs are the files that a rehearsal writes.
type outputs struct{ html, save *output }

func (r *rehearse) outputs() (o outputs, err error) {
	if o.html, err = openOutput("html", r.HTML); err != nil {
		return o, err
	}
	if o.save, err = openOutput("save", r.Save); err == nil && o.html.same(o.save) {
		err = lang.Err("--html and --save name the same file", "--html 与 --save 指定了同一个文件")
	}
	if err != nil {
		o.close()
	}
	return o, err
}

func (o outputs) close() {
	o.html.close()
	o.save.close()
}
