package deploy

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/fc-renewer/fc-renewer/internal/config"
)

// Whatever way it is deployed, it is the function of s.yaml.
func TestSnippetsAreTheSameFunction(t *testing.T) {
	m, err := load(read(t, "s.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p := m.Resources["fc-renewer"].Props
	cron, _ := p.Triggers[0].TriggerConfig["cronExpression"].(string)
	text := read(t, "docs/deploy.md")

	terraform := fenced(text, "terraform")
	if len(terraform) != 1 {
		t.Fatal("docs/deploy.md has no block of terraform")
	}
	plain := regexp.MustCompile(`[ \t]+`).ReplaceAllString(terraform[0].text, " ")
	for _, want := range []string{
		fmt.Sprintf("function_name = %q", p.FunctionName), fmt.Sprintf("runtime = %q", p.Runtime), fmt.Sprintf("handler = %q", p.Handler),
		fmt.Sprintf("cpu = %v", p.CPU), fmt.Sprintf("memory_size = %d", p.MemorySize), fmt.Sprintf("disk_size = %d", p.DiskSize),
		fmt.Sprintf("timeout = %d", p.Timeout), fmt.Sprintf("log_begin_rule = %q", p.LogConfig.LogBeginRule),
		fmt.Sprintf("reserved_concurrency = %d", p.ConcurrencyConfig.ReservedConcurrency),
		fmt.Sprintf("max_async_retry_attempts = %d", *p.AsyncInvokeConfig.MaxAsyncRetryAttempts),
		fmt.Sprintf("max_async_event_age_in_seconds = %d", p.AsyncInvokeConfig.MaxAsyncEventAgeInSeconds),
		fmt.Sprintf("cronExpression = %q", cron),
	} {
		if !strings.Contains(plain, want) {
			t.Errorf("the Terraform snippet lacks %s", want)
		}
	}
	var environ []string
	for _, found := range regexp.MustCompile(`(RENEW_\w+|GOMEMLIMIT) = "(.*)"`).FindAllStringSubmatch(plain, -1) {
		environ = append(environ, found[1]+"="+found[2])
		if p.EnvironmentVariables[found[1]] != found[2] {
			t.Errorf("the Terraform snippet has %s=%s", found[1], found[2])
		}
	}
	if _, err := config.Read(config.Environment{Variables: environ}); err != nil {
		t.Error(err)
	}
	_, permissions, _ := strings.Cut(read(t, "README.md"), "\n## Permissions\n")
	for _, action := range regexp.MustCompile(`"(ecs|log):\w+"`).FindAllString(fenced(permissions, "json")[0].text, -1) {
		if !strings.Contains(plain, action) {
			t.Errorf("the Terraform snippet does not grant %s", action)
		}
	}

	var template struct {
		Resources struct {
			Function struct {
				Properties struct {
					FunctionName, Runtime, Handler string
					Cpu                            float64
					MemorySize, DiskSize, Timeout  int
					EnvironmentVariables           map[string]any
					LogConfig                      struct{ LogBeginRule string }
				}
			}
			Timer struct {
				Properties struct {
					TriggerConfig map[string]any
				}
			}
		}
	}
	for _, b := range fenced(text, "yaml") {
		// Names are matched to the letter: ROS has them so.
		named := regexp.MustCompile(`(?m)^(\s*)([A-Z]\w*):`).ReplaceAllStringFunc(b.text, strings.ToLower)
		if err := yaml.Unmarshal([]byte(named), &template); err != nil {
			t.Fatal(err)
		}
	}
	f := template.Resources.Function.Properties
	if f.FunctionName != p.FunctionName || f.Runtime != p.Runtime || f.Handler != p.Handler || f.Cpu != p.CPU ||
		f.MemorySize != p.MemorySize || f.DiskSize != p.DiskSize || f.Timeout != p.Timeout || f.LogConfig.LogBeginRule != p.LogConfig.LogBeginRule {
		t.Errorf("the ROS template is another function: %+v", f)
	}
	if len(f.EnvironmentVariables) < 2 {
		t.Error("the ROS template has no settings")
	}
	for name, value := range f.EnvironmentVariables {
		if p.EnvironmentVariables[strings.ToUpper(name)] != value {
			t.Errorf("the ROS template has %s=%v", strings.ToUpper(name), value)
		}
	}
	if got := template.Resources.Timer.Properties.TriggerConfig["cronExpression"]; got != cron {
		t.Errorf("the ROS template runs at %v", got)
	}
	if !strings.Contains(text, "`"+cron+"`") {
		t.Errorf("the part on the console does not say %s", cron)
	}
}

// Settings shown as examples are accepted, and JSON is JSON.
func TestExamplesAreAccepted(t *testing.T) {
	for _, name := range documents(t) {
		text := read(t, name)
		for _, b := range fenced(text, "env") {
			if _, err := config.Read(config.Environment{Variables: lines(strings.ReplaceAll(b.text, "   RENEW_", "RENEW_"))}); err != nil {
				t.Errorf("%s:%d: %v", name, b.line, err)
			}
		}
		for _, b := range fenced(text, "json") {
			if !json.Valid([]byte(b.text)) {
				t.Errorf("%s:%d: not JSON", name, b.line)
			}
		}
	}
}
