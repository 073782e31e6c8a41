package cloud_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"

	"github.com/fc-renewer/fc-renewer/internal/emulator/cloud"
)

// sdkClient is the real SDK, which signs on its own.
func sdkClient(t *testing.T, id, secret, token string) *sdk.Client {
	t.Helper()
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	client, err := sdk.NewClientWithOptions("cn-hangzhou",
		sdk.NewConfig().WithAutoRetry(false).WithTimeout(10*time.Second).WithHttpTransport(tr),
		credentials.NewStsTokenCredential(id, secret, token))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func sdkRequest(s *cloud.Server, version, action string, params ...string) *requests.CommonRequest {
	r := requests.NewCommonRequest()
	r.Method, r.Scheme, r.Domain = "POST", "HTTP", s.Addr()
	r.Version, r.ApiName = version, action
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		r.QueryParams[name] = value
	}
	r.TransToAcsRequest()
	return r
}

func TestTheRealSDKSignsTheSame(t *testing.T) {
	c := cloud.New(cloud.Options{})
	c.AddAccount(cloud.Account{AccessKeyID: "STS.x", AccessKeySecret: "secret", SecurityToken: "to/k+e=n~* é"})
	c.AddInstance(cloud.Instance{ID: "i-1"})
	s, err := c.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	client := sdkClient(t, "STS.x", "secret", "to/k+e=n~* é")
	const ecs = "2014-05-26"
	for _, r := range []*requests.CommonRequest{
		sdkRequest(s, ecs, "DescribeInstances", "InstanceIds=[\"i-1\"]", "InstanceName=*", "MaxResults=100"),
		sdkRequest(s, ecs, "RenewInstance", "InstanceId=i-1", "Period=1", "PeriodUnit=Month", "ClientToken=tok~*+ /"),
		sdkRequest(s, "2015-04-01", "GetCallerIdentity"),
		sdkRequest(s, "2017-12-14", "QueryAccountBalance"),
	} {
		res, err := client.ProcessCommonRequest(r)
		if err != nil || !res.IsSuccess() {
			t.Errorf("%s: %v %v", r.ApiName, res, err)
		}
	}
	if got := c.Charges("i-1"); got != 1 {
		t.Errorf("bought %d", got)
	}

	var refused *sdkerrors.ServerError
	wrong := sdkClient(t, "STS.x", "wrong", "to/k+e=n~* é")
	_, err = wrong.ProcessCommonRequest(sdkRequest(s, ecs, "DescribeRegions"))
	if !errors.As(err, &refused) || refused.ErrorCode() != "SignatureDoesNotMatch" || !strings.Contains(refused.Recommend(), "InvalidAccessKeySecret") {
		t.Errorf("wrong secret: %v", err) // the SDK recognises its own string to sign
	}

	c.Fail(cloud.Fault{Kind: cloud.OddCode})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a numeric code no longer makes the SDK panic")
			}
		}()
		_, _ = client.ProcessCommonRequest(sdkRequest(s, ecs, "DescribeRegions"))
	}()
}
