package aliyun

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const (
	productSTS = "Sts"
	productBSS = "BssOpenApi"
)

func sts(action string) api {
	return api{product: productSTS, version: "2015-04-01", action: action, ram: "sts:" + action}
}

// Identity gives the id of the account whose credentials these are
// (STS GetCallerIdentity).
func (c *Cloud) Identity(ctx context.Context) (string, error) {
	var answer struct{ AccountId string }
	a := sts("GetCallerIdentity")
	if err := c.call(ctx, a, c.options.Region, map[string]string{}, readTimeout, &answer); err != nil {
		return "", err
	}
	if answer.AccountId == "" {
		return "", &renewal.CallError{Action: a.ram, Status: http.StatusOK, Err: errors.New("the answer names no account")}
	}
	return answer.AccountId, nil
}

// assumeRole gets credentials of the role for an hour (STS AssumeRole).
func (c *Cloud) assumeRole(ctx context.Context, role, externalID string) (*providers.Credentials, time.Time, error) {
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
	a := sts("AssumeRole")
	if err := c.call(ctx, a, c.options.Region, params, readTimeout, &answer); err != nil {
		return nil, time.Time{}, err
	}
	got := answer.Credentials
	if got.AccessKeyId == "" || got.AccessKeySecret == "" || got.SecurityToken == "" {
		return nil, time.Time{}, &renewal.CallError{Action: a.ram, Status: http.StatusOK, Err: errors.New("the answer holds no credentials")}
	}
	return &providers.Credentials{
		AccessKeyId: got.AccessKeyId, AccessKeySecret: got.AccessKeySecret, SecurityToken: got.SecurityToken,
	}, got.Expiration, nil
}
