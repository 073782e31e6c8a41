package local

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"unicode/utf16"
)

// readText reads a file as readText does; "-" is standard input.
func (p *program) readText(name string) ([]byte, error) {
	if name != "-" {
		return readText(name)
	}
	text, err := io.ReadAll(p.stdin)
	return inUTF8(text), err
}

// readText reads a file that somebody has written, or had a command write: on Windows
// that is UTF-16 where PowerShell did, and has a mark at its beginning where Notepad did.
func readText(name string) ([]byte, error) {
	text, err := os.ReadFile(name)
	return inUTF8(text), err
}

// inUTF8 gives a text that says by a mark how it is written in UTF-8, without the
// mark; any other stays as it is.
func inUTF8(text []byte) []byte {
	if after, marked := bytes.CutPrefix(text, []byte("\xef\xbb\xbf")); marked {
		return after
	}
	var order binary.ByteOrder = binary.LittleEndian
	after, marked := bytes.CutPrefix(text, []byte("\xff\xfe"))
	if !marked {
		order = binary.BigEndian
		if after, marked = bytes.CutPrefix(text, []byte("\xfe\xff")); !marked {
			return text
		}
	}
	units := make([]uint16, len(after)/2)
	for i := range units {
		units[i] = order.Uint16(after[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}
