package aliyun

import (
	"context"
	"sync"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// sts is Security Token Service.
var sts = product{name: "Sts", version: "2015-04-01", key: "sts", host: stsHost, codes: stsCodes}

// What STS is asked.
var (
	getIdentity = api{product: sts, action: "GetCallerIdentity", ram: []string{"sts:GetCallerIdentity"}, use: renewal.ToIdentify}
	assumeRole  = api{product: sts, action: "AssumeRole", ram: []string{"sts:AssumeRole"}, use: renewal.ToAssume}
)

// stsHost gives the endpoint (STS: endpoints); inside VPCs there is one a region.
func stsHost(o Options, region string) string {
	if o.Network == "vpc" {
		return "sts-vpc." + region + ".aliyuncs.com"
	}
	return "sts.aliyuncs.com"
}

// stsCodes is what STS refuses with (AssumeRole, GetCallerIdentity).
var stsCodes = sync.OnceValue(func() map[string]verdict {
	arn := refused.say("RENEW_ACCOUNTS holds something that is no role: write acs:ram::<account>:role/<name>", "RENEW_ACCOUNTS 中有无效的角色：格式为 acs:ram::<账号 ID>:role/<角色名>")
	session := refused.say("STS does not take the session as it is asked for: report it as a bug, with the request id", "STS 不接受该会话参数：请附上请求 ID 反馈问题")
	return map[string]verdict{
		"NoPermission": noRight.say("the role to assume must trust this account, and this role must be granted sts:AssumeRole; check RENEW_EXTERNAL_ID",
			"请确认目标角色的信任策略包含本账号、函数角色已授予 sts:AssumeRole 权限，并检查 RENEW_EXTERNAL_ID"),
		"EntityNotExist.Role":              badKeys.say("there is no such role: check RENEW_ACCOUNTS", "角色不存在，请检查 RENEW_ACCOUNTS"),
		"InvalidParameter.RoleArn":         arn,
		"InvalidParameter.RoleSessionName": session,
		"InvalidParameter.DurationSeconds": session,
		"InvalidParameter.ExternalId":      refused.say("RENEW_EXTERNAL_ID is no external id: 2 to 1224 letters, digits and =,.@:/-", "RENEW_EXTERNAL_ID 格式无效：2 至 1224 个字母、数字或 =,.@:/-"),
		"InvalidParameter.PolicyGrammar":   session,
		"InvalidParameter.PolicySize":      session,
	}
})

// Identity gives the id of the account whose credentials these are
// (STS GetCallerIdentity).
func (c *Cloud) Identity(ctx context.Context) (string, error) {
	var answer struct{ AccountId scalar }
	if err := c.call(ctx, getIdentity, c.options.Region, map[string]string{}, readTimeout, &answer); err != nil {
		return "", err
	}
	if answer.AccountId == "" {
		return "", getIdentity.unreadable("", lang.Err("the answer names no account", "响应中没有账号"))
	}
	return string(answer.AccountId), nil
}

// assume gets credentials of the role for an hour (STS AssumeRole).
func (c *Cloud) assume(ctx context.Context, role, externalID string) (*providers.Credentials, time.Time, error) {
	params := map[string]string{"RoleArn": role, "RoleSessionName": "fc-renewer", "DurationSeconds": "3600"}
	if externalID != "" {
		params["ExternalId"] = externalID
	}
	var answer struct {
		Credentials struct {
			AccessKeyId, AccessKeySecret, SecurityToken string
			Expiration                                  time.Time
		}
	}
	if err := c.call(ctx, assumeRole, c.options.Region, params, readTimeout, &answer); err != nil {
		return nil, time.Time{}, err
	}
	got := answer.Credentials
	if got.AccessKeyId == "" || got.AccessKeySecret == "" || got.SecurityToken == "" {
		return nil, time.Time{}, assumeRole.unreadable("", lang.Err("the answer holds no credentials", "响应中没有凭证"))
	}
	return &providers.Credentials{
		AccessKeyId: got.AccessKeyId, AccessKeySecret: got.AccessKeySecret, SecurityToken: got.SecurityToken,
	}, got.Expiration, nil
}
