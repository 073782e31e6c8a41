package config

import (
	"bufio"
	"bytes"
	"errors"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// FromFile reads settings that are written in a file: NAME=value lines, where
// blank lines and those that begin with # say nothing, or an s.yaml, of whose
// environmentVariables the RENEW_* are taken. The error names every line that is
// neither.
func FromFile(text []byte) (variables []string, err error) {
	if looksLikeYAML(text) {
		return fromManifest(text)
	}
	var wrong []lang.Text
	seen := map[string]int{}
	scanner := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	scanner.Buffer(nil, 1<<20)
	for n := 1; scanner.Scan(); n++ {
		line := strings.TrimPrefix(strings.TrimSpace(scanner.Text()), "export ")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !found || name == "" || strings.ContainsAny(name, " \t:") {
			wrong = append(wrong, lang.Say("line %d is no NAME=value", "第 %d 行不是 名称=值 的形式", n))
			continue
		}
		if first := seen[name]; first > 0 {
			wrong = append(wrong, lang.Say("line %d sets %s, as line %d does", "第 %d 行重复设置了第 %[3]d 行的 %[2]s", n, name, first))
			continue
		}
		seen[name] = n
		variables = append(variables, name+"="+strings.TrimSpace(value))
	}
	if err := scanner.Err(); err != nil {
		return nil, err
	}
	return variables, together(wrong)
}

// AtLines says of each problem of settings that were read from a file in which
// line of text the setting is.
func AtLines(text []byte, err error) error {
	problems := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // of errors.Join
		problems = joined.Unwrap()
	}
	said := make([]error, len(problems))
	for i, p := range problems {
		said[i] = p
		if about, ok := errors.AsType[settingError](p); ok {
			if line := lineOf(text, about.setting); line > 0 {
				said[i] = lang.Err("line %d: %v", "第 %d 行：%v", line, p)
			}
		}
	}
	return errors.Join(said...)
}

// lineOf is the line in which a file sets a name; 0 = in none.
func lineOf(text []byte, name string) int {
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimPrefix(strings.TrimLeft(line, "\ufeff \t"), "export ")
		if end := strings.IndexAny(line, "=:"); end > 0 && strings.Trim(line[:end], " \t\"'") == name {
			return n
		}
	}
	return 0
}

func together(wrong []lang.Text) (err error) {
	for _, t := range wrong {
		if err == nil {
			err = lang.Err("%v", "%v", t)
		} else {
			err = lang.Err("%v; %v", "%v；%v", err, t)
		}
	}
	return err
}

// looksLikeYAML says whether text is an s.yaml: the first line that says
// something names a key, and sets no variable.
func looksLikeYAML(text []byte) bool {
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, _, found := strings.Cut(line, ":")
		return found && !strings.Contains(key, "=")
	}
	return false
}

// fromManifest takes the settings from the one function of an s.yaml.
func fromManifest(text []byte) (variables []string, err error) {
	var tree yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(text, &tree, yaml.UseOrderedMap()); err != nil {
		return nil, lang.Err("it is no readable YAML: %v", "YAML 无法读取：%v", err)
	}
	places := 0
	var walk func(value any)
	walk = func(value any) {
		switch value := value.(type) {
		case yaml.MapSlice:
			for _, item := range value {
				if item.Key == "environmentVariables" {
					places++
					if table, ok := item.Value.(yaml.MapSlice); ok {
						variables = append(variables, settingsOf(table)...)
					}
					continue
				}
				walk(item.Value)
			}
		case []any:
			for _, item := range value {
				walk(item)
			}
		}
	}
	walk(tree)
	switch {
	case places == 0:
		return nil, lang.Err("it has no environmentVariables", "其中没有 environmentVariables")
	case places > 1:
		return nil, lang.Err("it has the environmentVariables of %d functions; one is needed", "其中有 %d 个函数的 environmentVariables，只能有一个", places)
	}
	return variables, nil
}

func settingsOf(table yaml.MapSlice) (variables []string) {
	for _, item := range table {
		name, _ := item.Key.(string)
		if !strings.HasPrefix(name, "RENEW_") {
			continue
		}
		value, ok := item.Value.(string)
		if !ok {
			text, err := yaml.Marshal(item.Value)
			if err != nil {
				continue
			}
			value = strings.TrimSpace(string(text))
		}
		variables = append(variables, name+"="+value)
	}
	return variables
}
