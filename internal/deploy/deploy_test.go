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

	plain := regexp.MustCompile(`[ \t]+`).ReplaceAllString(read(t, "docs/deploy/function/main.tf"), " ")
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
			t.Errorf("docs/deploy/function/main.tf lacks %s", want)
		}
	}
	var environ []string
	for _, found := range regexp.MustCompile(`(RENEW_\w+|GOMEMLIMIT) = "(.*)"`).FindAllStringSubmatch(plain, -1) {
		environ = append(environ, found[1]+"="+found[2])
		if p.EnvironmentVariables[found[1]] != found[2] {
			t.Errorf("docs/deploy/function/main.tf has %s=%s", found[1], found[2])
		}
	}
	if _, err := config.Read(config.Environment{Variables: environ}); err != nil {
		t.Error(err)
	}
	_, permissions, _ := strings.Cut(read(t, "README.md"), "\n## Permissions\n")
	for _, action := range regexp.MustCompile(`"(ecs|log):\w+"`).FindAllString(fenced(permissions, "json")[0].text, -1) {
		if !strings.Contains(plain, action) {
			t.Errorf("docs/deploy/function/main.tf does not grant %s", action)
		}
	}

	resource := func(keys ...string) any {
		return at(templates(t)["function"], append([]string{"Resources"}, keys...)...)
	}
	for name, want := range map[string]any{
		"FunctionName": p.FunctionName, "Runtime": p.Runtime, "Handler": p.Handler, "Cpu": p.CPU,
		"MemorySize": p.MemorySize, "DiskSize": p.DiskSize, "Timeout": p.Timeout,
	} {
		if got := resource("Function", "Properties", name); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("the ROS template has another %s: %v", name, got)
		}
	}
	if got := resource("Function", "Properties", "LogConfig", "LogBeginRule"); got != p.LogConfig.LogBeginRule {
		t.Errorf("the ROS template has another rule for lines: %v", got)
	}
	variables, _ := resource("Function", "Properties", "EnvironmentVariables").(map[string]any)
	if len(variables) < 2 {
		t.Error("the ROS template has no settings")
	}
	for name, value := range variables {
		if p.EnvironmentVariables[name] != value {
			t.Errorf("the ROS template has %s=%v", name, value)
		}
	}
	if got := resource("Timer", "Properties", "TriggerConfig", "cronExpression"); got != cron {
		t.Errorf("the ROS template runs at %v", got)
	}
	template, err := yaml.Marshal(templates(t)["function"])
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range regexp.MustCompile(`(ecs|log):\w+`).FindAllString(fenced(permissions, "json")[0].text, -1) {
		if !strings.Contains(string(template), action) {
			t.Errorf("the ROS template does not grant %s", action)
		}
	}
	for what, text := range map[string]string{"Terraform": plain, "ROS": read(t, "docs/deploy/function/function.ros.yaml"), "s.yaml": read(t, "s.yaml")} {
		if name := regexp.MustCompile(`fc-renewer-\$\{[^}]+\}-\$\{[^}]*[rR]egion\}`); !name.MatchString(text) {
			t.Errorf("%s: the name of the log project does not carry account and region", what)
		}
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
