// Schema checks the functions in s.yaml against the JSON schema of the fc3
// component. It is a module of its own, so that what it needs is not a
// dependency of the function.
package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: schema SCHEMA S.YAML")
		os.Exit(2)
	}
	if err := validate(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func validate(schemaFile, manifestFile string) error {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	schema, err := compiler.Compile(schemaFile)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(manifestFile)
	if err != nil {
		return err
	}
	var head struct {
		Vars map[string]string `yaml:"vars"`
	}
	if err := yaml.Unmarshal(text, &head); err != nil {
		return err
	}
	var manifest struct {
		Resources map[string]struct {
			Props any `yaml:"props"`
		} `yaml:"resources"`
	}
	if err := yaml.Unmarshal(render(text, head.Vars), &manifest); err != nil {
		return err
	}
	if len(manifest.Resources) == 0 {
		return fmt.Errorf("%s: has no resources", manifestFile)
	}
	for name, resource := range manifest.Resources {
		plain, err := yaml.MarshalWithOptions(resource.Props, yaml.JSON())
		if err != nil {
			return err
		}
		props, err := jsonschema.UnmarshalJSON(bytes.NewReader(plain))
		if err != nil {
			return err
		}
		if err := schema.Validate(props); err != nil {
			return fmt.Errorf("%s: resources.%s.props: %w", manifestFile, name, err)
		}
		fmt.Printf("%s: resources.%s.props: valid\n", manifestFile, name)
	}
	return nil
}

var variable = regexp.MustCompile(`\$\{(?:vars\.(\w+)|config\('AccountID'\))\}`)

// render puts in what Serverless Devs would.
func render(text []byte, vars map[string]string) []byte {
	return variable.ReplaceAllFunc(text, func(found []byte) []byte {
		if name := variable.FindSubmatch(found)[1]; len(name) > 0 {
			return []byte(vars[string(name)])
		}
		return []byte("1234567890123456")
	})
}
