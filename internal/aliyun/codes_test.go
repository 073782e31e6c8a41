package aliyun

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// What a code means for the money, written down a second time: from the error
// tables of the APIs' documents, without a look at the table in the code.
const (
	a    = renewal.Ambiguous // may have happened, or is under way
	wait = renewal.Retryable // throttled: did not happen
	inst = renewal.Terminal  // this instance, or these settings
	halt = renewal.Halt      // this account
)

type row struct {
	code   string
	class  renewal.Class
	status []int
}

var documented = []row{
	// ECS RenewInstance.
	{"InvalidPeriod", inst, []int{400}},
	{"InvalidPeriodUnit.ValueNotSupported", inst, []int{400, 403}},
	{"MissingParamter", inst, []int{400}},
	{"InvalidParameter", inst, []int{400}},
	{"InvalidPeriod.ExceededMaximumExpirationDate", inst, []int{400}},
	{"InvalidPeriod.ExceededDedicatedHost", inst, []int{400}},
	{"InvalidPeriod.StarterPackage", inst, []int{403}},
	{"InvalidClientToken.ValueNotSupported", inst, []int{400}},
	{"LastTokenProcessing", a, []int{403}},
	{"Idempotence.Processing", a, []int{400}},
	{"IdempotentProcessing", a, []int{400}},
	{"LastOrderProcessing", a, []int{400}},
	{"LastRequestProcessing", a, []int{400}},
	{"Instance.UnPaidOrder", inst, []int{403}},
	{"InvalidInstanceId.NotFound", inst, []int{404}},
	{"ChargeTypeViolation", inst, []int{403}},
	{"InvalidChargeType.NotSupported", inst, []int{403}},
	{"InvalidInstanceChargeType.NotFound", inst, []int{400, 404}},
	{"IncorrectInstanceStatus", inst, []int{403}},
	{"InvalidStatus.Upgrading", inst, []int{400}},
	{"InstanceSpecModification.NotEffective", inst, []int{403}},
	{"InstanceLockedForSecurity", inst, []int{403}},
	{"OperationDenied.NoStock", inst, []int{403}},
	{"OperationDenied", inst, []int{400}},
	{"Upgrade.NotSupported", inst, []int{400}},
	{"InvalidDedicatedHostId.NotFound", inst, []int{400}},
	{"InvalidDedicatedHostStatus.NotSupport", inst, []int{400}},
	{"IncorrectDedicatedHostStatus", inst, []int{400}},
	{"InternalError", a, []int{500, 400}},
	{"InvalidInternetChargeType.ValueNotSupported", inst, []int{400, 404}},
	{"InvalidInternetChargeType.InstanceNotSupported", inst, []int{400}},
	{"InvalidInstanceType.NotSupported", inst, []int{400}},
	{"InvalidInstanceType.ValueNotSupported", inst, []int{400}},
	{"InvalidInstanceType.codeUnauthorized", inst, []int{400}},
	{"InvalidInstanceType.ValueUnauthorized", inst, []int{400}},
	{"InvalidRebootTime.ValueNotSupported", inst, []int{400}},
	{"DependencyViolation.InstanceType", inst, []int{400}},
	{"Diskcategory.Mismatch", inst, []int{403}},
	{"InvalidDisk.NotAllowed", inst, []int{403}},
	{"InstanceTypeNotSupported", inst, []int{403}},
	{"InvalidDiskId.NotFound", inst, []int{404}},
	{"IdempotentFailed", inst, []int{400}},

	// Money and account, of sibling actions and the common table.
	{"InvalidAccountStatus.NotEnoughBalance", halt, []int{403}},
	{"InsufficientBalance", halt, []int{400, 403}},
	{"InvalidPayMethod", halt, []int{400, 403}},
	{"Account.Arrearage", halt, []int{400, 403}},
	{"InstanceExpiredOrInArrears", inst, []int{403}},
	{"InvalidInstance.UnPaidOrder", inst, []int{400, 403}},
	{"OperationDenied.UnpaidOrder", inst, []int{403}},
	{"RealNameAuthenticationError", halt, []int{403}},
	{"Forbidden.AccessKeyDisabled", halt, []int{403}},
	{"Forbidden.SubUser", halt, []int{403}},
	{"Forbidden.Unauthorized", inst, []int{403}},
	{"Forbidden", inst, []int{403}},
	{"Forbidden.RAM", inst, []int{403}},
	{"Forbidden.RiskControl", halt, []int{403}},
	{"PAY.INSUFFICIENT_BALANCE", halt, []int{400, 403}},
	{"PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE", halt, []int{400, 403}},
	{"Pay.InsufficientBalance", halt, []int{400, 403}},
	{"ORDER.SOMETHING", inst, []int{400, 403}},
	{"OperationConflict", a, []int{409}},
	{"UnknownError", a, []int{400}},
	{"ServiceUnavailable", a, []int{503}},
	{"ServiceUnavailable.RegionMaintaining", a, []int{503}},

	// Flow control.
	{"Throttling", wait, []int{400, 403, 429}},
	{"Throttling.User", wait, []int{400, 403, 429}},
	{"Throttling.Api", wait, []int{400, 403, 429}},
	{"Throttling.ConcurrentLimitExceeded", wait, []int{400, 403}},
	{"Rejected.Throttling", wait, []int{400, 403}},

	// DescribeInstances, DescribeRegions.
	{"InvalidStatus.NotFound", inst, []int{404}},
	{"InvalidLockReason.NotFound", inst, []int{404}},
	{"InvalidNetworkType.NotFound", inst, []int{404}},
	{"InvalidFilterKey.NotFound", inst, []int{404}},
	{"InvalidTag.Mismatch", inst, []int{400}},
	{"InvalidTagCount", inst, []int{400}},
	{"InvalidHpcClusterId.NotFound", inst, []int{400}},
	{"InvalidHpcClusterId.Creating", inst, []int{400}},
	{"InvalidRegionId.NotFound", inst, []int{404}},
	{"Unauthorized.EmptyRegion", inst, []int{403}},
	{"InvalidAcceptLanguage.NotFound", inst, []int{404}},
	{"InvalidResourceType.NotFound", inst, []int{404}},

	// Auto-renewal.
	{"MissingParameter.InstanceId", inst, []int{403}},
	{"InvalidParameter.ToManyInstanceIds", inst, []int{403}},
	{"InvalidParameter.InvalidInstanceId", inst, []int{403}},
	{"InvalidParameter.RenewalStatus", inst, []int{403}},
	{"InvalidParameter.RenewalStatusInstanceId", inst, []int{403}},
	{"InvalidParameter.Duration", inst, []int{403}},

	// DescribeRenewalPrice.
	{"InvalidResourceType.ValueNotSupported", inst, []int{400}},
	{"InvalidPriceUnit.ValueNotSupported", inst, []int{400}},
	{"InvalidAction.Unauthorized", inst, []int{403}},

	// The gateway.
	{"SignatureDoesNotMatch", halt, []int{400, 403}},
	{"IncompleteSignature", halt, []int{400}},
	{"InvalidAccessKeyId.NotFound", halt, []int{400, 403, 404}},
	{"InvalidAccessKeyId.Inactive", halt, []int{400, 403}},
	{"InvalidTimeStamp.Expired", halt, []int{400}},
	{"IllegalTimestamp", halt, []int{400}},
	{"InvalidSecurityToken.Expired", halt, []int{400, 403}},
	{"InvalidSecurityToken.Malformed", halt, []int{400}},
	{"InvalidSecurityToken.MismatchWithAccessKey", halt, []int{400, 403}},
	{"MissingSecurityToken", halt, []int{400}},
	{"MissingParameter", inst, []int{400}},
	{"InvalidParameter.IsNull", inst, []int{400}},
	{"UnsupportedParameter", inst, []int{400}},
	{"InvalidParamater", inst, []int{400}},
	{"InvalidAction.NotFound", inst, []int{404}},
	{"InvalidApi.NotFound", inst, []int{404}},
	{"InvalidAction", inst, []int{403}},
	{"UnsupportedHTTPMethod", inst, []int{403}},

	// BSS and STS.
	{"NotApplicable", inst, []int{400}},
	{"NotAuthorized", inst, []int{400}},
	{"InvalidOwner", inst, []int{400}},
	{"ResourceStatusError", inst, []int{400}},
	{"ResourceNotExists", inst, []int{400}},
	{"UndefinedError", a, []int{500}},
	{"SYSTEM.CONCURRENT_OPERATE", a, []int{400}},
	{"InvalidParameter.RoleArn", inst, []int{400}},
	{"InvalidParameter.RoleSessionName", inst, []int{400}},
	{"InvalidParameter.DurationSeconds", inst, []int{400}},
	{"InvalidParameter.ExternalId", inst, []int{400}},
	{"NoPermission", inst, []int{403}},
	{"EntityNotExist.Role", halt, []int{404}},

	// What nobody knows yet.
	{"SomethingNew", inst, []int{400, 401, 403, 404, 409, 410, 418}},
	{"SomethingNew", a, []int{500, 501, 502, 503, 504}},
	{"SomethingNew.NotFound", inst, []int{404}},
	{"NotForbidden", inst, []int{400}},
}

func TestEveryDocumentedCode(t *testing.T) {
	var reply http.HandlerFunc
	c, s := serve(t, func(w http.ResponseWriter, r *http.Request) { reply(w, r) })
	for _, row := range documented {
		for _, status := range row.status {
			t.Run(row.code+" "+strconv.Itoa(status), func(t *testing.T) {
				before := s.count()
				reply = refuses(status, row.code)
				e := classed(t, renew(t.Context(), c), row.class)
				if e.Code != row.code || e.Status != status || e.RequestID != "6E1D0000-0000-4000-8000-000000000001" || e.Action != "ecs:RenewInstance" {
					t.Errorf("%+v", e)
				}
				if !strings.Contains(e.Error(), row.code) || !strings.Contains(e.Error(), e.RequestID) {
					t.Errorf("%v", e)
				}
				if e.Mismatch {
					t.Errorf("%s is no mismatch of terms", row.code)
				}
				if s.count() != before+1 {
					t.Errorf("%d requests", s.count()-before)
				}
			})
		}
	}
}

// A status of 500 and above does not say that nothing was done, whatever code it
// comes with; where nothing could be done, the code counts.
func TestServerErrorOnAChangeIsAmbiguous(t *testing.T) {
	for _, row := range documented {
		c, _ := serve(t, refuses(http.StatusServiceUnavailable, row.code))
		if e := classed(t, renew(t.Context(), c), a); e.Heals || e.Denied || e.NoSuchAction || e.Busy != (row.class == wait) {
			t.Errorf("%+v", e)
		}
	}
	c, _ := serve(t, refuses(503, "Throttling.User"))
	_, err := c.Regions(t.Context())
	if e := classed(t, err, wait); !e.Busy {
		t.Errorf("%+v", e)
	}
}

// Every call has a nonce of its own, so one that was used came here before:
// something on the way sent the call twice, and the first copy may have paid.
func TestUsedNonceIsAmbiguous(t *testing.T) {
	if e := newCallError(changing(ecs("RenewInstance")), "SignatureNonceUsed", http.StatusBadRequest, "r"); e.Class != a {
		t.Errorf("%+v", e)
	}
}

// A server that has nothing where it was asked has no such action. What came of
// a change is unknown all the same.
func TestPageThatIsNotThereIsNoSuchAction(t *testing.T) {
	c, _ := serve(t, http.NotFound)
	if e := classed(t, renew(t.Context(), c), a); !e.NoSuchAction {
		t.Errorf("%+v", e)
	}
}

// A token that was used with other terms: somebody may have paid.
func TestMismatchIsAmbiguous(t *testing.T) {
	for code, status := range map[string]int{
		"IdempotentParameterMismatch": 400, "IdempotenceParamNotMatch": 400, "InvalidIdempotenceParameter.Mismatch": 403,
	} {
		c, _ := serve(t, refuses(status, code))
		if e := classed(t, renew(t.Context(), c), a); !e.Mismatch || e.Heals || e.Advice == "" {
			t.Errorf("%+v", e)
		}
	}
}

// An expired security token has shown as InvalidParameter with a message that
// names it. Nothing is decided by the text of a message, so it ends this
// instance alone; the next list or look meets the same refusal.
func TestMessagesDecideNothing(t *testing.T) {
	for _, message := range []string{`The specified parameter \"SecurityToken.Expired\" is not valid.`, `something else`} {
		c, _ := serve(t, says(400, `{"RequestId":"r","Code":"InvalidParameter","Message":"`+message+`"}`))
		classed(t, renew(t.Context(), c), inst)
	}
}

// After a definite refusal that may pass, or be an older one replayed, there is
// a second step; after the others there is none.
func TestWhatMayHeal(t *testing.T) {
	for code, heals := range map[string]bool{
		"InvalidAccountStatus.NotEnoughBalance": true, "InsufficientBalance": true, "Account.Arrearage": true, "PAY.INSUFFICIENT_BALANCE": true,
		"OperationDenied.NoStock": true, "IncorrectInstanceStatus": true, "InvalidStatus.Upgrading": true, "IdempotentFailed": true,
		"InvalidPeriod": false, "InvalidInstanceId.NotFound": false, "ChargeTypeViolation": false, "Forbidden.RAM": false, "SignatureDoesNotMatch": false,
		"InvalidClientToken.ValueNotSupported": false, "SomethingNew": false, "Throttling.User": false,
	} {
		c, _ := serve(t, refuses(403, code))
		if e := failed(t, renew(t.Context(), c)); e.Heals != heals {
			t.Errorf("%s: heals %t", code, e.Heals)
		}
	}
}

// Rights can be given by instance, so one that is missing for a call that names
// instances is of these alone; one that is missing for a list is of the account.
func TestMissingRights(t *testing.T) {
	for _, code := range []string{"Forbidden.RAM", "Forbidden", "Forbidden.Unauthorized", "NoPermission", "NotAuthorized", "InvalidAction.Unauthorized", "Unauthorized.EmptyRegion"} {
		c, _ := serve(t, refuses(403, code))
		for name, class := range map[string]renewal.Class{"Renew": inst, "SetState": inst, "Tag": inst, "States": halt, "Identity": halt, "Regions": halt} {
			if e := classed(t, methods[name].call(t.Context(), c), class); !e.Denied || !e.Unpermitted || e.Heals {
				t.Errorf("%s of %s: %+v", code, name, e)
			}
		}
	}
}

// Denied decides between the errors denied and unavailable; it must say what to grant.
func TestWhatIsDenied(t *testing.T) {
	for code, words := range map[string]string{
		"Forbidden.RAM": "grant ecs:RenewInstance", "Forbidden.Unauthorized": "grant ecs:RenewInstance", "InvalidAction.Unauthorized": "grant ecs:RenewInstance",
		"NotAuthorized": "grant ecs:RenewInstance", "InvalidAccessKeyId.NotFound": "credentials", "InvalidAccessKeyId.Inactive": "credentials",
		"InvalidSecurityToken.Expired": "credentials", "SignatureDoesNotMatch": "credentials", "MissingSecurityToken": "credentials",
		"InvalidTimeStamp.Expired": "clock", "NoPermission": "grant ecs:RenewInstance", "EntityNotExist.Role": "RENEW_ACCOUNTS",
	} {
		c, _ := serve(t, refuses(403, code))
		e := failed(t, renew(t.Context(), c))
		if !e.Denied || !strings.Contains(e.Error(), words) {
			t.Errorf("%s: denied %t, %v", code, e.Denied, e)
		}
	}
	for _, code := range []string{"InsufficientBalance", "Throttling.User", "InternalError", "InvalidPeriod", "SomethingNew"} {
		c, _ := serve(t, refuses(400, code))
		if e := failed(t, renew(t.Context(), c)); e.Denied {
			t.Errorf("%s is no question of rights", code)
		}
	}
	c, _ := serve(t, refuses(403, "Forbidden.RAM"))
	for name, m := range methods {
		want := map[string]string{
			"Identity": "sts:GetCallerIdentity", "Assume": "sts:AssumeRole", "Balance": "bss:DescribeAcccount",
		}[name]
		if want == "" {
			want = "ecs:" + m.action
		}
		if e := failed(t, m.call(t.Context(), c)); e.Action != want || !strings.Contains(e.Error(), "grant "+want) {
			t.Errorf("%s: %v", name, e)
		}
	}
}

// BSS says no inside a 200. What nobody knows there is no refusal by 4xx.
func TestRefusalsInsideA200(t *testing.T) {
	for code, class := range map[string]renewal.Class{
		"NotAuthorized": halt, "Throttling.User": wait, "SYSTEM.CONCURRENT_OPERATE": a, "InternalError": a, "NotApplicable": inst, "": a, "SomethingNew": a,
	} {
		c, _ := serve(t, says(200, `{"RequestId":"r-1","Success":false,"Message":"no","Code":"`+code+`"}`))
		_, err := c.Balance(t.Context())
		if e := classed(t, err, class); e.Status != 200 || e.Code != code || e.RequestID != "r-1" {
			t.Errorf("%q: %+v", code, e)
		}
	}
}

// Without a code there is no refusal, whatever the status.
func TestAnswersWithoutACode(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 407, 413, 429, 500, 502, 503, 504} {
		for _, body := range []string{"", "<html>" + keys.ID + "</html>", "{}", `{"Code":null}`, `{"Code":""}`, `[]`, `{"Code":"two words"}`, `{"Code":"` + strings.Repeat("x", 200) + `"}`} {
			c, s := serve(t, says(status, body))
			if e := classed(t, renew(t.Context(), c), a); e.Code != "" || e.Status != status {
				t.Errorf("%d %s: %+v", status, body, e)
			}
			if s.count() != 1 {
				t.Errorf("%d requests", s.count())
			}
		}
	}
}

func TestHowLongToWait(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"Limit:1,Remain:0,TimeLeft:2000,Reset:1234":  2 * time.Second,
		"Limit:1, Remain:0, TimeLeft:50, Reset:1234": 50 * time.Millisecond,
		"TimeLeft:0":                    0,
		"TimeLeft:-5":                   0,
		"TimeLeft:soon":                 0,
		"TimeLeft":                      0,
		"":                              0,
		"Limit:1,Remain:0":              0,
		"TimeLeft:99999999999999999999": 0,
		"Limit:100,Remain:99,XTimeLeft:5,TimeLeft:700": 700 * time.Millisecond,
	} {
		for _, name := range []string{"x-ratelimit-user-api", "X-RateLimit-User"} {
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set(name, header)
				refuses(400, "Throttling.User")(w, r)
			})
			if e := classed(t, renew(t.Context(), c), wait); e.After != want {
				t.Errorf("%s: %s is %v, want %v", name, header, e.After, want)
			}
		}
	}
}

// A number of milliseconds that a duration does not hold is no time to wait.
func TestWaitIsNeverNegative(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-ratelimit-user-api", "Limit:1,Remain:0,TimeLeft:9223372036854775807")
		refuses(400, "Throttling.User")(w, r)
	})
	if e := failed(t, renew(t.Context(), c)); e.After < 0 {
		t.Errorf("wait for %v", e.After)
	}
}
