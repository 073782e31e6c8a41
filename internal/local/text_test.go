package local_test

import (
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// What PowerShell has written by ">", or Notepad with its mark, is read like any
// other file.
func TestFilesFromWindows(t *testing.T) {
	t.Parallel()
	binary16 := func(order binary.AppendByteOrder, text string) (written []byte) {
		for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
			written = order.AppendUint16(written, unit)
		}
		return written
	}
	const invoked = "✔ 完成\r\nInvoke Result:\r\n" + `{"status":"ok","startedAt":"2026-11-23T01:00:00Z","finishedAt":"2026-11-23T01:00:21Z","counts":{},"money":{},"instances":[{"id":"i-1","name":"数据库","expires":""}]}` + "\r\n"
	const fleet = "accounts:\r\n  - {id: \"1000000000000001\"}\r\ninstances:\r\n  - {id: i-1, name: 数据库, region: cn-hangzhou, expires: 3d, account: \"1000000000000001\"}\r\n"
	for name, write := range map[string]func(text string) []byte{
		"marked":        func(text string) []byte { return []byte("\ufeff" + text) },
		"little endian": func(text string) []byte { return binary16(binary.LittleEndian, text) },
		"big endian":    func(text string) []byte { return binary16(binary.BigEndian, text) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, text := range map[string]string{"invoked.txt": invoked, "fleet.yaml": fleet, "other.env": "RENEW_ACTION=renew\r\n", "event.json": `{"window":"3 days"}`} {
				if err := os.WriteFile(filepath.Join(dir, file), write(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			binary, err := exec.LookPath("fc-renewer")
			if err != nil {
				t.Fatal(err)
			}
			for _, tt := range []struct{ command, want string }{
				{"show invoked.txt", "数据库"},
				{"rehearse --fleet fleet.yaml --against other.env", "other.env"},
				{"run --event event.json", "window"}, // it is read, and refused for what it says
			} {
				c := exec.CommandContext(t.Context(), binary, strings.Fields(tt.command)...)
				c.Dir, c.Env = dir, []string{"RENEW_REGIONS=cn-hangzhou", "HOME=" + dir}
				if out, _ := c.CombinedOutput(); !strings.Contains(string(out), tt.want) || strings.Contains(string(out), "JSON object") || strings.Contains(string(out), "NAME=value") {
					t.Errorf("%s: %s", tt.command, out)
				}
			}
		})
	}
}
