package deploy

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/goccy/go-yaml"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/notify"
)

// A manifest is s.yaml as Serverless Devs reads it.
type manifest struct {
	Edition   string              `yaml:"edition"`
	Name      string              `yaml:"name"`
	Access    string              `yaml:"access"`
	Vars      map[string]string   `yaml:"vars"`
	Resources map[string]resource `yaml:"resources"`
}

type resource struct {
	Component string            `yaml:"component"`
	Actions   map[string][]step `yaml:"actions"`
	Props     props             `yaml:"props"`
}

type step struct {
	Run  string `yaml:"run"`
	Path string `yaml:"path"`
}

// props are all keys that this project uses; a key beyond them is an error.
type props struct {
	Region               string         `yaml:"region"`
	FunctionName         string         `yaml:"functionName"`
	Description          string         `yaml:"description"`
	Runtime              string         `yaml:"runtime"`
	Handler              string         `yaml:"handler"`
	Code                 string         `yaml:"code"`
	CPU                  float64        `yaml:"cpu"`
	MemorySize           int            `yaml:"memorySize"`
	DiskSize             int            `yaml:"diskSize"`
	Timeout              int            `yaml:"timeout"`
	InternetAccess       bool           `yaml:"internetAccess"`
	Role                 string         `yaml:"role"`
	EnvironmentVariables map[string]any `yaml:"environmentVariables"`
	ConcurrencyConfig    struct {
		ReservedConcurrency int `yaml:"reservedConcurrency"`
	} `yaml:"concurrencyConfig"`
	AsyncInvokeConfig struct {
		MaxAsyncRetryAttempts     *int `yaml:"maxAsyncRetryAttempts"`
		MaxAsyncEventAgeInSeconds int  `yaml:"maxAsyncEventAgeInSeconds"`
	} `yaml:"asyncInvokeConfig"`
	LogConfig struct {
		Project               string `yaml:"project"`
		Logstore              string `yaml:"logstore"`
		EnableRequestMetrics  bool   `yaml:"enableRequestMetrics"`
		EnableInstanceMetrics bool   `yaml:"enableInstanceMetrics"`
		LogBeginRule          string `yaml:"logBeginRule"`
	} `yaml:"logConfig"`
	Tags []struct {
		Key   string `yaml:"key"`
		Value string `yaml:"value"`
	} `yaml:"tags"`
	VPCConfig *struct {
		VPCID           string   `yaml:"vpcId"`
		VSwitchIDs      []string `yaml:"vSwitchIds"`
		SecurityGroupID string   `yaml:"securityGroupId"`
	} `yaml:"vpcConfig"`
	Triggers []trigger `yaml:"triggers"`
}

type trigger struct {
	TriggerName   string         `yaml:"triggerName"`
	TriggerType   string         `yaml:"triggerType"`
	Description   string         `yaml:"description"`
	Qualifier     string         `yaml:"qualifier"`
	TriggerConfig map[string]any `yaml:"triggerConfig"`
}

// load reads a manifest as Serverless Devs would for account 1234567890123456.
func load(text string) (manifest, error) {
	var m manifest
	vars := regexp.MustCompile(`(?m)^  (\w+): (\S+)$`)
	head, _, _ := strings.Cut(text, "\nresources:")
	for _, v := range vars.FindAllStringSubmatch(head, -1) {
		text = strings.ReplaceAll(text, "${vars."+v[1]+"}", v[2])
	}
	text = strings.ReplaceAll(text, "${config('AccountID')}", "1234567890123456")
	if left := regexp.MustCompile(`\$\{(vars|config|env)\b[^}]*\}`).FindString(text); left != "" {
		return m, fmt.Errorf("%s stands for nothing", left)
	}
	return m, yaml.UnmarshalWithOptions([]byte(text), &m, yaml.Strict())
}

// withBlocks takes the # from the optional blocks, all or one.
func withBlocks(t *testing.T, text string, names ...string) string {
	t.Helper()
	var out []string
	in := ""
	for line := range strings.SplitSeq(text, "\n") {
		plain := strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(plain, "# >>> "); ok {
			in, _, _ = strings.Cut(name, ":")
		}
		if strings.HasPrefix(plain, "# <<< "+in) && in != "" {
			in = ""
		}
		marker := strings.HasPrefix(plain, "# >>>") || strings.HasPrefix(plain, "# <<<")
		if slices.Contains(names, in) && !marker && !prose(plain) {
			line = strings.Replace(line, "# ", "", 1)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// prose tells a sentence from a line of YAML in a comment.
func prose(comment string) bool { return !inYAML.MatchString(strings.TrimPrefix(comment, "# ")) }

var inYAML = regexp.MustCompile(`^\s*(- )?[\w'$(){}|-]+:( |$)|^\s*- \S+$|^- run:`)

func TestManifest(t *testing.T) {
	text := read(t, "s.yaml")
	for name, blocks := range map[string][]string{
		"as it is":               nil,
		"with a VPC":             {"vpc"},
		"with EventBridge":       {"eventbridge"},
		"with a second policy":   {"second"},
		"with all of it at once": {"vpc", "eventbridge", "second"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := load(withBlocks(t, text, blocks...))
			if err != nil {
				t.Fatal(err)
			}
			want := 1
			if slices.Contains(blocks, "second") {
				want = 2
			}
			if len(m.Resources) != want {
				t.Errorf("there are %d functions, want %d", len(m.Resources), want)
			}
			first := m.Resources["fc-renewer"].Props
			if (first.VPCConfig != nil) != slices.Contains(blocks, "vpc") {
				t.Error("the VPC block has not come out of its comment")
			}
			if (len(first.Triggers) == 2) != slices.Contains(blocks, "eventbridge") {
				t.Error("the EventBridge block has not come out of its comment")
			}
			if m.Edition != "3.0.0" || m.Name == "" || m.Access == "" {
				t.Errorf("edition %q, name %q, access %q", m.Edition, m.Name, m.Access)
			}
			for name, r := range m.Resources {
				if name != r.Props.FunctionName {
					t.Errorf("the resource %s deploys a function named %s", name, r.Props.FunctionName)
				}
				for _, problem := range r.problems() {
					t.Errorf("%s: %s", name, problem)
				}
			}
		})
	}
}

// problems are what is wrong with a function as it would be deployed.
func (r resource) problems() (out []string) {
	say := func(wrong bool, format string, args ...any) {
		if wrong {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	p := r.Props
	say(r.Component != "fc3", "component %q", r.Component)
	say(p.Runtime != "go1", "runtime %q: the SDK works with go1 alone", p.Runtime)
	build := r.Actions["pre-${regex('deploy|local')}"]
	say(len(build) != 1, "%d steps before a deployment, want the build alone", len(build))
	if len(build) == 1 {
		for _, part := range []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "go build", "-tags nethttpomithttp2,function", "-trimpath", "-buildvcs=false", `-ldflags="-s -w"`, "-o " + path.Join(p.Code, p.Handler) + " ."} {
			say(!strings.Contains(build[0].Run, part), "the build step lacks %s: %s", part, build[0].Run)
		}
	}
	say(!regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`).MatchString(p.FunctionName), "function name %q", p.FunctionName)
	say(!config.IsRegion(p.Region), "region %q", p.Region)

	steps := p.CPU / 0.05
	say(p.CPU < 0.05 || p.CPU > 16 || steps-float64(int(steps+0.5)) > 1e-9, "cpu %v is no multiple of 0.05", p.CPU)
	say(p.MemorySize < 128 || p.MemorySize%64 != 0, "memorySize %d is no multiple of 64 from 128", p.MemorySize)
	ratio := float64(p.MemorySize) / 1024 / p.CPU
	say(ratio < 1 || ratio > 4, "memory in GB is %.2f times the CPU; 1 to 4 is possible", ratio)
	say(p.DiskSize != 512 && p.DiskSize != 10240, "diskSize %d", p.DiskSize)
	say(p.Timeout < 60 || p.Timeout > 86400, "timeout %d", p.Timeout)
	say(!p.InternetAccess && p.VPCConfig == nil, "the APIs cannot be reached")
	say(!regexp.MustCompile(`^acs:ram::\d+:role/[a-z0-9.-]+$`).MatchString(p.Role), "role %q: an ARN, its name in lower case", p.Role)

	say(p.ConcurrencyConfig.ReservedConcurrency != 1, "reservedConcurrency %d", p.ConcurrencyConfig.ReservedConcurrency)
	retries := p.AsyncInvokeConfig.MaxAsyncRetryAttempts
	say(retries == nil || *retries < 0 || *retries > 3, "maxAsyncRetryAttempts is not said, or not 0 to 3")
	age := p.AsyncInvokeConfig.MaxAsyncEventAgeInSeconds
	say(age < 1 || age > 86400, "maxAsyncEventAgeInSeconds %d: what is older than a day is the next run's", age)
	say(p.LogConfig.Project == "" || p.LogConfig.Logstore == "", "no log: nobody would see what was paid")
	say(p.LogConfig.LogBeginRule != "None", "logBeginRule %q would join lines", p.LogConfig.LogBeginRule)

	keys := map[string]bool{}
	for _, tag := range p.Tags {
		say(tag.Key == "" || tag.Value == "" || keys[tag.Key], "tag %q", tag.Key)
		keys[tag.Key] = true
	}
	say(len(p.Tags) == 0 || len(p.Tags) > 20, "%d tags", len(p.Tags))
	out = append(out, p.variableProblems()...)
	say(len(p.Triggers) == 0, "nothing starts it")
	for _, trigger := range p.Triggers {
		for _, problem := range trigger.problems() {
			say(true, "trigger %s: %s", trigger.TriggerName, problem)
		}
	}
	return out
}

func (p props) variableProblems() (out []string) {
	var environ []string
	size := 0
	for name, value := range p.EnvironmentVariables {
		text, ok := value.(string)
		if !ok {
			out = append(out, fmt.Sprintf("%s is no string: quote it", name))
		}
		if !regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`).MatchString(name) || strings.HasPrefix(name, "FC_") || strings.HasPrefix(name, "ALIBABA_CLOUD_") {
			out = append(out, fmt.Sprintf("%s is no name that the platform leaves to us", name))
		}
		size += len(name) + len(text)
		environ = append(environ, name+"="+text)
	}
	if size > 4096 {
		out = append(out, fmt.Sprintf("%d bytes of variables, 4096 are the most", size))
	}
	// Names that there are not, and values that are not accepted, are errors here.
	c, err := config.Read(config.Environment{Variables: environ})
	if err != nil {
		out = append(out, err.Error())
	}
	if c.Policy.Action != "report" {
		out = append(out, fmt.Sprintf("RENEW_ACTION is %s: what is deployed unchanged must not act", c.Policy.Action))
	}
	if limit, _ := p.EnvironmentVariables["GOMEMLIMIT"].(string); limit != "" {
		mib, err := strconv.Atoi(strings.TrimSuffix(limit, "MiB"))
		if err != nil || mib < p.MemorySize/2 || mib > p.MemorySize*9/10 {
			out = append(out, fmt.Sprintf("GOMEMLIMIT %s for %d MB", limit, p.MemorySize))
		}
	}
	return out
}

func (tr trigger) problems() (out []string) {
	keys := slices.Sorted(maps.Keys(tr.TriggerConfig))
	switch tr.TriggerType {
	case "timer":
		if want := []string{"cronExpression", "enable", "payload"}; !slices.Equal(keys, want) {
			return []string{fmt.Sprintf("its keys are %v, want %v", keys, want)}
		}
		expression, _ := tr.TriggerConfig["cronExpression"].(string)
		if err := quietHour(expression); err != nil {
			out = append(out, err.Error())
		}
		payload, ok := tr.TriggerConfig["payload"].(string)
		event := fmt.Sprintf(`{"triggerTime":"2026-11-23T22:23:00Z","triggerName":%q,"payload":%q}`, tr.TriggerName, payload)
		if _, err := handler.ParseEvent([]byte(event)); err != nil || !ok {
			out = append(out, fmt.Sprintf("its payload is refused: %v", err))
		}
		if enabled, ok := tr.TriggerConfig["enable"].(bool); !ok || !enabled {
			out = append(out, "it is not enabled")
		}
	case "eventbridge":
		if want := []string{"asyncInvocationType", "eventRuleFilterPattern", "eventSinkConfig", "eventSourceConfig", "runOptions", "triggerEnable"}; !slices.Equal(keys, want) {
			return []string{fmt.Sprintf("its keys are %v, want %v", keys, want)}
		}
		pattern, _ := tr.TriggerConfig["eventRuleFilterPattern"].(string)
		var filter map[string]any
		if err := yaml.Unmarshal([]byte(pattern), &filter); err != nil || filter["source"] == nil {
			out = append(out, "its filter is no JSON with a source")
		}
	default:
		out = append(out, fmt.Sprintf("type %q", tr.TriggerType))
	}
	return out
}

// quietHour checks a timer's expression: six fields, a zone that there is, and
// a time of day that is neither the provider's own (08:00 to 18:00) nor shortly
// after midnight UTC+8, when no second step is taken.
func quietHour(expression string) error {
	zoned, ok := strings.CutPrefix(expression, "CRON_TZ=")
	if !ok {
		return fmt.Errorf("%q names no time zone", expression)
	}
	zone, fields, _ := strings.Cut(zoned, " ")
	location, err := time.LoadLocation(zone)
	if err != nil {
		return err
	}
	parts := strings.Fields(fields)
	if len(parts) != 6 {
		return fmt.Errorf("%q has %d fields, want seconds, minutes, hours, day, month, weekday", fields, len(parts))
	}
	ranges := []*regexp.Regexp{
		regexp.MustCompile(`^[1-5]?[0-9]$`), regexp.MustCompile(`^[1-5]?[0-9]$`), regexp.MustCompile(`^(1?[0-9]|2[0-3])$`),
		regexp.MustCompile(`^(\*|\?|[12]?[0-9]|3[01])$`), regexp.MustCompile(`^(\*|1?[0-9])$`),
		regexp.MustCompile(`^(\*|\?|MON|TUE|WED|THU|FRI|SAT|SUN)$`),
	}
	for i, part := range parts {
		if !ranges[i].MatchString(part) {
			return fmt.Errorf("field %d of %q is not one that this test knows", i+1, fields)
		}
	}
	hour, _ := strconv.Atoi(parts[2])
	minute, _ := strconv.Atoi(parts[1])
	_, offset := time.Date(2026, 11, 23, hour, minute, 0, 0, location).Zone()
	beijing := (hour*60 + minute - offset/60 + 8*60 + 2*24*60) % (24 * 60)
	if beijing >= 8*60-30 && beijing < 18*60 || beijing < 10 {
		return fmt.Errorf("%q is %02d:%02d in UTC+8", expression, beijing/60, beijing%60)
	}
	return nil
}

// example finds a setting that is shown in a comment.
var example = regexp.MustCompile(`(?m)^\s+# (RENEW_[A-Z_]+): ('.*?')(?: #.*)?$`)

// Every setting is in s.yaml: with its default, or, where it has none, as an
// example that is accepted once the # is gone.
func TestManifestHasEverySetting(t *testing.T) {
	text := read(t, "s.yaml")
	m, err := load(text)
	if err != nil {
		t.Fatal(err)
	}
	given := m.Resources["fc-renewer"].Props.EnvironmentVariables
	text, _, _ = strings.Cut(text, "# >>> second")
	examples := map[string]string{}
	for _, found := range example.FindAllStringSubmatch(text, -1) {
		var value string
		if err := yaml.Unmarshal([]byte(found[2]), &value); err != nil {
			t.Errorf("%s: %v", found[1], err)
		}
		examples[found[1]] = value
	}
	for _, s := range config.Settings() {
		value, isGiven := given[s.Name]
		sample, isExample := examples[s.Name]
		delete(examples, s.Name)
		switch {
		case s.Default != "" && value != s.Default:
			t.Errorf("%s is %v, and its default %q", s.Name, value, s.Default)
		case s.Default == "" && (isGiven || !isExample):
			t.Errorf("%s has no default: show it as a comment", s.Name)
		}
		if !isExample {
			continue
		}
		environ := []string{"RENEW_ACTION=renew", s.Name + "=" + sample}
		rules := func(string) ([]byte, error) { return []byte("- {name: all, when: 'true', action: skip}"), nil }
		if _, err := config.Read(config.Environment{Variables: environ, ReadFile: rules}); err != nil {
			t.Errorf("the example of %s is refused: %v", s.Name, err)
		}
		switch s.Name {
		case "RENEW_NOTIFY":
			if channels, err := notify.Parse(sample, config.ParseAddress); err != nil || len(channels) == 0 {
				t.Errorf("the example of %s is refused: %v", s.Name, err)
			}
		case "RENEW_HEARTBEAT":
			if _, err := notify.ParseHeartbeat(sample, config.ParseAddress); err != nil {
				t.Errorf("the example of %s is refused: %v", s.Name, err)
			}
		}
	}
	for name := range examples {
		t.Errorf("%s is shown, and is no setting", name)
	}
}

// The rules above see what they are for.
func TestManifestRulesRefuse(t *testing.T) {
	text := read(t, "s.yaml")
	for name, change := range map[string][2]string{
		"an unknown key":                 {"      timeout: 600", "      timeOut: 600"},
		"a key that is there twice":      {"      timeout: 600", "      timeout: 600\n      timeout: 900"},
		"a variable that is not defined": {"${vars.region}", "${vars.regoin}"},
		"a CPU between the steps":        {"cpu: 0.05", "cpu: 0.07"},
		"too little CPU for the memory":  {"memorySize: 128", "memorySize: 512"},
		"a number as a setting":          {"RENEW_MAX_COUNT: '20'", "RENEW_MAX_COUNT: 20"},
		"a mistyped setting":             {"RENEW_MAX_COUNT:", "RENEW_MAXCOUNT:"},
		"a setting that does not parse":  {"RENEW_WINDOW: '7d'", "RENEW_WINDOW: 'soon'"},
		"an action that acts":            {"RENEW_ACTION: 'report'", "RENEW_ACTION: 'renew'"},
		"a reserved name":                {"GOMEMLIMIT:", "FC_REGION:"},
		"variables that are too long":    {"RENEW_LOG: 'info'", "RENEW_LOG: 'info'\n        LONG: '" + strings.Repeat("x", 4000) + "'"},
		"a memory limit above memory":    {"96MiB", "256MiB"},
		"another handler":                {"handler: main", "handler: index.handler"},
		"five fields":                    {"0 23 6 * * *", "23 6 * * *"},
		"the provider's hours":           {"0 23 6 * * *", "0 0 9 * * *"},
		"just after midnight":            {"0 23 6 * * *", "0 5 0 * * *"},
		"a zone that there is not":       {"CRON_TZ=Asia/Shanghai", "CRON_TZ=Asia/Beijing"},
		"a payload that is not JSON":     {"payload: ''", "payload: 'go'"},
		"two runs at once":               {"reservedConcurrency: 1", "reservedConcurrency: 2"},
		"many retries":                   {"maxAsyncRetryAttempts: 2", "maxAsyncRetryAttempts: 8"},
		"joined log lines":               {"logBeginRule: None", "logBeginRule: DefaultRegex"},
		"a role in capitals":             {"role/fc-renewer", "role/FC-Renewer"},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(text, change[0], change[1], 1)
			if changed == text {
				t.Fatalf("%q is not in s.yaml", change[0])
			}
			m, err := load(changed)
			if err == nil && len(m.Resources["fc-renewer"].problems()) == 0 {
				t.Error("it passes")
			}
		})
	}
}
