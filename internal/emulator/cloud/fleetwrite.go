package cloud

import (
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Write writes accounts and instances as a fleet file that LoadFleet reads, with
// what has no value left out. Keys and secrets are never written.
func (f Fleet) Write(w io.Writer) error {
	var accounts, instances []yaml.MapSlice
	for _, a := range f.Accounts {
		a.AccessKeyID, a.AccessKeySecret, a.SecurityToken, a.Keys, a.Roles = "", "", "", nil, nil
		accounts = append(accounts, written(a))
	}
	for _, i := range f.Instances {
		instances = append(instances, written(i))
	}
	return yaml.NewEncoder(w).Encode(yaml.MapSlice{{Key: "accounts", Value: accounts}, {Key: "instances", Value: instances}})
}

// written gives the keys and values of v that say something.
func written(v any) (keys yaml.MapSlice) {
	value := reflect.ValueOf(v)
	for i := range value.NumField() {
		field := value.Field(i)
		key, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("yaml"), ",")
		if key == "" || key == "-" || field.IsZero() || field.Kind() == reflect.Struct && field.Type() != reflect.TypeFor[time.Time]() {
			continue
		}
		switch value := field.Interface().(type) {
		case time.Time:
			keys = append(keys, yaml.MapItem{Key: key, Value: value.UTC().Format(time.RFC3339)})
		case time.Duration:
			keys = append(keys, yaml.MapItem{Key: key, Value: value.String()})
		default:
			keys = append(keys, yaml.MapItem{Key: key, Value: value})
		}
	}
	return keys
}
