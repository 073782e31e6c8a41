package deploy

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// terraforms gives everything written for Terraform, by where it is: whole modules,
// and the part of one that docs/deploy.md shows.
func terraforms(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"docs/deploy/*/*.tf"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, path := range paths {
			name, err := filepath.Rel(root, path)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = read(t, name)
		}
	}
	for _, name := range []string{"docs/deploy.md", "docs/operate.md"} {
		for _, b := range fenced(read(t, name), "hcl") {
			all[name+": hcl"] = b.text
		}
	}
	return all
}

// What Terraform is to read it can read, and it is written as `terraform fmt`
// writes it. What is complete pins its provider: patches alone may come.
func TestTerraformIsReadable(t *testing.T) {
	for name, text := range terraforms(t) {
		file, problems := hclsyntax.ParseConfig([]byte(text), name, hcl.InitialPos)
		if problems.HasErrors() {
			t.Errorf("%v", problems)
			continue
		}
		if formatted := string(hclwrite.Format([]byte(text))); formatted != text {
			t.Errorf("%s is not written as terraform fmt writes it: %s", name, cmp.Diff(text, formatted))
		}
		if strings.HasSuffix(name, ": hcl") {
			continue // a part of somebody's own
		}
		pinned := false
		for _, block := range file.Body.(*hclsyntax.Body).Blocks {
			if block.Type == "terraform" {
				pinned = regexp.MustCompile(`required_version = "[^"]+"(?s:.*)source\s+= "aliyun/alicloud"\s+version = "~> [0-9]+\.[0-9]+\.[0-9]+"`).MatchString(text)
			}
		}
		if !pinned {
			t.Errorf("%s does not say which versions of Terraform and of the provider it needs", name)
		}
	}
}

// templates gives every ROS template, by where it is; one that has another in it
// gives both.
func templates(t *testing.T) map[string]map[string]any {
	t.Helper()
	texts := map[string]string{
		"members": read(t, "docs/deploy/members/members.ros.yaml"), "function": read(t, "docs/deploy/function/function.ros.yaml"),
	}
	all := map[string]map[string]any{}
	for name, text := range texts {
		var template map[string]any
		if err := yaml.Unmarshal([]byte(text), &template); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = template
	}
	all["member"] = at(all["members"], "Resources", "Group", "Properties", "TemplateBody").(map[string]any)
	return all
}

// at goes down into maps.
func at(v any, keys ...string) any {
	for _, key := range keys {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

// A template has what ROS asks for, and refers to nothing that is not in it.
func TestTemplatesAreWellFormed(t *testing.T) {
	for name, template := range templates(t) {
		if template["ROSTemplateFormatVersion"] != "2015-09-01" {
			t.Errorf("%s: %v", name, template["ROSTemplateFormatVersion"])
		}
		resources, _ := template["Resources"].(map[string]any)
		if len(resources) == 0 {
			t.Errorf("%s has no resources", name)
		}
		parameters, _ := template["Parameters"].(map[string]any)
		known := func(ref string) bool {
			return parameters[ref] != nil || resources[ref] != nil || strings.HasPrefix(ref, "ALIYUN::")
		}
		for id, p := range parameters {
			if at(p, "Type") != "String" {
				t.Errorf("%s: parameter %s: %v", name, id, p)
			}
		}
		var look func(where string, v any)
		look = func(where string, v any) {
			switch v := v.(type) {
			case map[string]any:
				for key, inner := range v {
					switch ref, isText := inner.(string); {
					case key == "TemplateBody":
						continue // has parameters of its own
					case key == "Ref" && (!isText || !known(ref)):
						t.Errorf("%s: %s refers to %v", name, where, inner)
					case key == "Fn::Sub":
						for _, found := range regexp.MustCompile(`\$\{([\w:]+)\}`).FindAllStringSubmatch(ref, -1) {
							if !known(found[1]) {
								t.Errorf("%s: %s refers to %s", name, where, found[1])
							}
						}
					case key == "Fn::GetAtt":
						if pair, _ := inner.([]any); len(pair) != 2 || resources[pair[0].(string)] == nil {
							t.Errorf("%s: %s refers to %v", name, where, inner)
						}
					}
					look(where+"."+key, inner)
				}
			case []any:
				for _, inner := range v {
					look(where, inner)
				}
			}
		}
		for id, resource := range resources {
			if kind, _ := at(resource, "Type").(string); !regexp.MustCompile(`^ALIYUN::[A-Z0-9a-z]+::\w+$`).MatchString(kind) || at(resource, "Properties") == nil {
				t.Errorf("%s: %s is no resource", name, id)
			}
			if condition, _ := at(resource, "Condition").(string); condition != "" && at(template, "Conditions", condition) == nil {
				t.Errorf("%s: %s asks for the condition %s", name, id, condition)
			}
			look(id, resource)
		}
	}
}

// rights are what `policy` prints for a member.
type rights struct {
	Policy, Trust struct{ Statement []any }
}

// rightsOf gives what the program prints for every member of an organisation.
func rightsOf(t *testing.T, action string) rights {
	t.Helper()
	c := exec.CommandContext(t.Context(), command(t), "policy", "--json", "--account", "1234567890123456")
	c.Env = []string{"RENEW_ACTION=" + action, "RENEW_ACCOUNTS=self,organization/fc-renewer", "RENEW_EXTERNAL_ID=an-id-of-your-own"}
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var printed struct {
		Accounts []struct {
			Role string
			rights
		}
	}
	text := strings.ReplaceAll(string(out), `\u003cvalue of RENEW_EXTERNAL_ID\u003e`, "an-id-of-your-own")
	text = strings.ReplaceAll(text, `<value of RENEW_EXTERNAL_ID>`, "an-id-of-your-own")
	if err := json.Unmarshal([]byte(text), &printed); err != nil || len(printed.Accounts) != 1 || printed.Accounts[0].Role != "acs:ram::*:role/fc-renewer" {
		t.Fatalf("%v\n%s", err, out)
	}
	return printed.Accounts[0].rights
}

// plain is v as JSON has it.
func plain(t *testing.T, v any) (out any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The role that members get, by ROS and by Terraform, may do what `policy` prints
// for it and nothing else, at each of its stages.
func TestRoleOfMembersIsWhatPolicyPrints(t *testing.T) {
	t.Parallel()
	member := templates(t)["member"]
	document := func(id, key string) []any {
		return at(member, "Resources", id, "Properties", key, "Statement").([]any)
	}
	context, locals := localsOf(t, "docs/deploy/member/main.tf", map[string]string{
		"management_account": "1234567890123456", "function_role": "fc-renewer", "external_id": "an-id-of-your-own", "stage": "report",
	})
	local := func(name string) []any {
		v, problems := locals[name].Expr.Value(context)
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		text, err := ctyjson.Marshal(v, v.Type())
		if err != nil {
			t.Fatal(err)
		}
		var statements []any
		if err := json.Unmarshal(text, &statements); err != nil {
			t.Fatal(err)
		}
		return statements
	}
	for _, stage := range []string{"report", "renew"} {
		want := rightsOf(t, stage)
		ros, terraform := document("MayLook", "PolicyDocument"), local("may_look")
		if stage == "renew" {
			ros, terraform = append(ros, document("MayRenew", "PolicyDocument")...), append(terraform, local("may_renew")...)
		}
		if diff := cmp.Diff(any(want.Policy.Statement), plain(t, ros)); diff != "" {
			t.Errorf("ROS, %s: %s", stage, diff)
		}
		if diff := cmp.Diff(any(want.Policy.Statement), plain(t, terraform)); diff != "" {
			t.Errorf("Terraform, %s: %s", stage, diff)
		}
		text, err := json.Marshal(document("Role", "AssumeRolePolicyDocument"))
		if err != nil {
			t.Fatal(err)
		}
		filled := strings.NewReplacer(
			`{"Fn::Sub":"acs:ram::${ManagementAccount}:role/${FunctionRole}"}`, `"acs:ram::1234567890123456:role/fc-renewer"`,
			`{"Ref":"ExternalId"}`, `"an-id-of-your-own"`).Replace(string(text))
		if diff := cmp.Diff(any(want.Trust.Statement), plain(t, json.RawMessage(filled))); diff != "" {
			t.Errorf("ROS, who may take on the role: %s", diff)
		}
		if diff := cmp.Diff(any(want.Trust.Statement), plain(t, local("trust"))); diff != "" {
			t.Errorf("Terraform, who may take on the role: %s", diff)
		}
	}
	if condition := at(member, "Resources", "MayRenew", "Condition"); condition != "Pays" || at(member, "Resources", "MayLook", "Condition") != nil {
		t.Error("the right to renew does not hang on the stage")
	}
}

// localsOf gives the locals of a Terraform file, and a context with its variables.
func localsOf(t *testing.T, name string, variables map[string]string) (*hcl.EvalContext, hclsyntax.Attributes) {
	t.Helper()
	file, problems := hclsyntax.ParseConfig([]byte(read(t, name)), name, hcl.InitialPos)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	values := map[string]cty.Value{}
	for variable, value := range variables {
		values[variable] = cty.StringVal(value)
	}
	context := &hcl.EvalContext{Variables: map[string]cty.Value{"var": cty.ObjectVal(values)}}
	for _, block := range file.Body.(*hclsyntax.Body).Blocks {
		if block.Type == "locals" {
			return context, block.Body.Attributes
		}
	}
	t.Fatalf("%s has no locals", name)
	return nil, nil
}
