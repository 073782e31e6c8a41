package aliyun

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// ErrNoCredentials says that there is nothing to sign with, anywhere.
var ErrNoCredentials = lang.Err(
	"there are no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or a profile of the aliyun CLI",
	"没有可用的凭证：请设置 ALIBABA_CLOUD_ACCESS_KEY_ID 和 ALIBABA_CLOUD_ACCESS_KEY_SECRET，或配置 aliyun CLI 的 profile")

// whyNone says why the default chain of credentials-go found nothing, by looking
// where it has looked, in its order. Its own errors name neither the place nor what
// to do, and repeat what it has read. Where a profile was asked for by its name, it is
// the only place.
func whyNone(asked string) error {
	if asked != "" {
		if disabled() {
			return lang.Err("the profile %q is asked for, and ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true forbids all: remove the one or the other", "指定了 profile %q，但 ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true 禁用了所有 profile：请去掉其中之一", asked)
		}
		return cmp.Or(whyNoProfile(asked), ErrNoCredentials)
	}
	set := func(name string) bool { return os.Getenv("ALIBABA_CLOUD_"+name) != "" }
	switch {
	case set("ACCESS_KEY_ID") != set("ACCESS_KEY_SECRET"):
		return lang.Err("of ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET only one is set: set both", "ALIBABA_CLOUD_ACCESS_KEY_ID 和 ALIBABA_CLOUD_ACCESS_KEY_SECRET 只设置了一个：请同时设置")
	case set("OIDC_TOKEN_FILE") && set("OIDC_PROVIDER_ARN") && set("ROLE_ARN"):
		return lang.Err("the token of ALIBABA_CLOUD_OIDC_TOKEN_FILE gave no credentials of ALIBABA_CLOUD_ROLE_ARN: see whether the file is there and the role trusts its provider", "ALIBABA_CLOUD_OIDC_TOKEN_FILE 未能换取 ALIBABA_CLOUD_ROLE_ARN 的凭证：请检查该文件以及角色的信任策略")
	}
	if err := whyNoProfile(""); err != nil {
		return err
	}
	switch {
	case set("ECS_METADATA"):
		return lang.Err("the metadata service gave no credentials of the role in ALIBABA_CLOUD_ECS_METADATA", "元数据服务未返回 ALIBABA_CLOUD_ECS_METADATA 所指角色的凭证")
	case set("CREDENTIALS_URI"):
		return lang.Err("the address in ALIBABA_CLOUD_CREDENTIALS_URI gave no credentials", "ALIBABA_CLOUD_CREDENTIALS_URI 所指地址未返回凭证")
	}
	return ErrNoCredentials
}

// A profile is one of the aliyun CLI, as far as it tells why it cannot be used.
type profile struct {
	Name   string `json:"name"`
	Mode   string `json:"mode"`
	ID     string `json:"access_key_id"`
	Secret string `json:"access_key_secret"`
	Token  string `json:"sts_token"`
	Role   string `json:"ram_role_arn"`
	Source string `json:"source_profile"`
	Until  int64  `json:"cloud_sso_access_token_expire"`
}

// String hides the keys.
func (profile) String() string { return "(hidden)" }

// GoString hides the keys.
func (profile) GoString() string { return "(hidden)" }

func disabled() bool {
	return strings.EqualFold(os.Getenv("ALIBABA_CLOUD_CLI_PROFILE_DISABLED"), "true")
}

// whyNoProfile says why the profile of the aliyun CLI that was asked for, or else
// the one that the chain takes, cannot be used; nil where there is none.
func whyNoProfile(asked string) error {
	p, file, err := findProfile(asked)
	if p == nil {
		return err
	}
	return p.unusable(file)
}

// incomplete says why a profile, or one that it is made from, does not stand by
// itself; nil where it does.
func incomplete(name string) error {
	const longest = 8 // chain of roles that anybody has
	for range longest {
		p, file, err := findProfile(name)
		switch {
		case err != nil:
			return err
		case p == nil:
			return whyNone(name)
		case p.lacks():
			return p.unusable(file)
		case p.Mode != "ChainableRamRoleArn":
			return nil
		}
		name = p.Source
	}
	return nil
}

// findProfile reads the profile that was asked for, or else the one that the chain
// takes, and gives the file that it is in. It is nil where there is none; the error
// says why, if anybody asked for it.
func findProfile(asked string) (found *profile, file string, err error) {
	file, named := os.Getenv("ALIBABA_CLOUD_CONFIG_FILE"), true
	if file == "" {
		home, _ := os.UserHomeDir() // without one there is no such file
		file, named = filepath.Join(home, ".aliyun", "config.json"), asked != ""
	}
	text, err := os.ReadFile(file)
	switch {
	case disabled(), errors.Is(err, fs.ErrNotExist) && !named:
		return nil, file, nil
	case err != nil:
		return nil, file, lang.Err("the settings of the aliyun CLI, %s, cannot be read: see ALIBABA_CLOUD_CONFIG_FILE and who may read the file", "无法读取 aliyun CLI 的配置 %s：请检查 ALIBABA_CLOUD_CONFIG_FILE 和文件权限", file)
	}
	var all struct {
		Current  string    `json:"current"`
		Profiles []profile `json:"profiles"`
	}
	if json.Unmarshal(text, &all) != nil {
		return nil, file, lang.Err("the settings of the aliyun CLI, %s, are not valid JSON: write them anew with aliyun configure", "aliyun CLI 的配置 %s 不是有效的 JSON：请用 aliyun configure 重新生成", file)
	}
	name := cmp.Or(asked, os.Getenv("ALIBABA_CLOUD_PROFILE"), all.Current)
	if name == "" {
		return nil, file, lang.Err("the settings of the aliyun CLI, %s, have no current profile: name one there as current, or in ALIBABA_CLOUD_PROFILE", "aliyun CLI 的配置 %s 中没有 current：请在其中指定，或设置 ALIBABA_CLOUD_PROFILE", file)
	}
	names := []string{}
	for _, p := range all.Profiles {
		if p.Name == name {
			return &p, file, nil
		}
		names = append(names, p.Name)
	}
	if asked != "" {
		return nil, file, lang.Err("the settings of the aliyun CLI, %s, have no profile %q; there are: %s", "aliyun CLI 的配置 %s 中没有名为 %q 的 profile；现有：%s", file, name, strings.Join(names, ", "))
	}
	return nil, file, lang.Err("the settings of the aliyun CLI, %s, have no profile %q (there are: %s): see ALIBABA_CLOUD_PROFILE", "aliyun CLI 的配置 %s 中没有名为 %q 的 profile（现有：%s）：请检查 ALIBABA_CLOUD_PROFILE", file, name, strings.Join(names, ", "))
}

// lacks says whether p lacks what credentials-go would take from the environment in
// its place: keys of somebody else's, perhaps.
func (p profile) lacks() bool {
	switch p.Mode {
	case "AK":
		return p.ID == "" || p.Secret == ""
	case "StsToken":
		return p.ID == "" || p.Secret == "" || p.Token == ""
	case "RamRoleArn":
		return p.ID == "" || p.Secret == "" || p.Role == ""
	case "ChainableRamRoleArn":
		return p.Role == ""
	}
	return false
}

// unusable says why p gives no credentials, which the chain has found.
func (p profile) unusable(file string) error {
	switch {
	case p.lacks() && p.Mode != "AK":
		return lang.Err("the profile %q of the aliyun CLI (%s), of mode %[3]s, is not complete: write it with aliyun configure --profile %[1]s", "aliyun CLI 的 profile %q（%s，模式 %[3]s）不完整：请执行 aliyun configure --profile %[1]s", p.Name, file, p.Mode)
	case p.lacks():
		return lang.Err("the profile %q of the aliyun CLI (%s) holds no access key: write it with aliyun configure --profile %[1]s", "aliyun CLI 的 profile %q（%s）中没有 AccessKey：请执行 aliyun configure --profile %[1]s", p.Name, file)
	case p.Mode == "CloudSSO" && p.Until <= time.Now().Unix():
		return lang.Err("the login of the profile %q of the aliyun CLI (%s) has expired: log in again with aliyun configure --mode CloudSSO --profile %[1]s", "aliyun CLI 的 profile %q（%s）登录已过期：请执行 aliyun configure --mode CloudSSO --profile %[1]s 重新登录", p.Name, file)
	case p.Mode == "OAuth", p.Mode == "CloudSSO":
		return lang.Err("the login of the profile %q of the aliyun CLI (%s) gave no credentials, it may be over: log in again with aliyun configure --mode %[3]s --profile %[1]s", "aliyun CLI 的 profile %q（%s）未能取得凭证，登录可能已失效：请执行 aliyun configure --mode %[3]s --profile %[1]s 重新登录", p.Name, file, p.Mode)
	}
	return lang.Err("the profile %q of the aliyun CLI (%s), of mode %q, gave no credentials: see whether aliyun sts GetCallerIdentity --profile %[1]s works", "aliyun CLI 的 profile %q（%s，模式 %q）未能取得凭证：请检查 aliyun sts GetCallerIdentity --profile %[1]s 是否正常", p.Name, file, p.Mode)
}
