package aliyun

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/fc-renewer/fc-renewer/internal/lang"
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
	{"InvalidPeriod.NotFound", inst, []int{400}},
	{"RenewDateNotSupported.StarterPackage", inst, []int{403}},
	{"OperationDenied.StarterPackage", inst, []int{400}},
	{"InvalidParam.ExpectedRenewDay", inst, []int{400}},
	{"InvalidExpectedRenewDay", inst, []int{400}},
	{"InvalidExpectedRenewDay.NotSupported", inst, []int{400}},
	{"InvalidExpectedRenewDay.ValueNotSupported", inst, []int{400}},
	{"InvalidLoanOrderStatus.Uncompleted", inst, []int{400}},
	{"OperationDenied.UnfinishedOrder", inst, []int{400}},
	{"OperationDenied.AbnormalInstanceInfo", inst, []int{400}},
	{"NoPermission.Price", halt, []int{400}},
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
	{"Forbidden.NotSupportRAM", halt, []int{403}},
	{"Forbidden.InstanceNotFound", inst, []int{403, 404}},
	{"Forbidden.SomethingNew", inst, []int{403}},
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

	// Tags.
	{"NumberExceed.Tags", inst, []int{400}},
	{"InvalidResourceId.NotFound", inst, []int{404}},
	{"MissingParameter.TagKey", inst, []int{400}},
	{"InvalidTagKey.Malformed", inst, []int{400}},
	{"InvalidTagValue.Malformed", inst, []int{400}},
	{"Duplicate.TagKey", inst, []int{400}},

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
	{"InvalidSecurityToken", halt, []int{400}},
	{"InvalidAccessKeyId", halt, []int{400, 403}},
	{"InvalidAccessKeySecret", halt, []int{400}},
	{"InvalidTimeStamp.Format", inst, []int{400}},
	{"MissingParameter", inst, []int{400}},
	{"InvalidParameter.IsNull", inst, []int{400}},
	{"UnsupportedParameter", inst, []int{400}},
	{"InvalidParamater", inst, []int{400}},
	{"InvalidAction.NotFound", inst, []int{404}},
	{"InvalidApi.NotFound", inst, []int{404}},
	{"InvalidAction", inst, []int{403}},
	{"UnsupportedHTTPMethod", inst, []int{403}},

	// What nobody knows yet.
	{"SomethingNew", inst, []int{400, 401, 403, 404, 409, 410, 418}},
	{"SomethingNew", a, []int{500, 501, 502, 503, 504}},
	{"SomethingNew.NotFound", inst, []int{404}},
	{"NotForbidden", inst, []int{400}},
}

// Every row of every table is one of the documents above, and tells in both
// languages what the operator can do.
func TestEveryRowHasAnAdvice(t *testing.T) {
	known := map[string]bool{"SignatureNonceUsed": true} // has a test of its own
	for _, row := range documented {
		known[row.code] = true
	}
	for _, d := range documentedElsewhere {
		for _, row := range d.rows {
			known[row.code] = true
		}
	}
	for code := range mismatches {
		known[code] = true
	}
	for _, a := range apis() {
		for _, table := range []map[string]verdict{a.codes(), gateway()} {
			for code := range table {
				e := newCallError(a, code, http.StatusForbidden, "r")
				english, chinese := e.Advice.In(lang.English), e.Advice.In(lang.Chinese)
				han := func(text string) bool {
					return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
				}
				if english == "" || han(english) || !han(chinese) {
					t.Errorf("%s of %s advises %q, %q", code, a.action, english, chinese)
				}
				if !known[code] {
					t.Errorf("%s is in no document", code)
				}
			}
		}
	}
	for _, row := range documented {
		_, own := ecsCodes()[row.code]
		_, common := gateway()[row.code]
		if !own && !common && !strings.Contains(row.code, "Something") && row.code != "NotForbidden" && row.code != "Pay.InsufficientBalance" && row.code != "ORDER.SOMETHING" {
			t.Errorf("%s has no row", row.code)
		}
	}
}

// Advice goes by the exact code: what merely begins like one that is known is not
// told as that one.
func TestAdviceIsOfTheExactCode(t *testing.T) {
	for code, words := range map[string]string{
		"Forbidden.RAM": "grant ecs:RenewInstance", "Forbidden.RiskControl": "provider's support", "Forbidden.AccessKeyDisabled": "access key is disabled",
		"Forbidden.SubUser": "RAM users", "Forbidden.InstanceNotFound": "gone", "Forbidden.NotSupportRAM": "role",
	} {
		e := newCallError(renewInstance, code, http.StatusForbidden, "r")
		if !strings.Contains(e.Error(), words) || code != "Forbidden.RAM" && strings.Contains(e.Error(), "grant ") {
			t.Errorf("%v", e)
		}
	}
	for _, code := range []string{"Forbidden.SomethingNew", "InvalidAccessKeyId.SomethingNew", "OperationDenied.SomethingNew", "InvalidPeriod.SomethingNew", "Some.UnpaidOrderToo", "Some.NotEnoughBalanceToo", "forbidden.ram"} {
		if e := newCallError(renewInstance, code, http.StatusForbidden, "r"); !e.Advice.Empty() || e.Denied {
			t.Errorf("%+v", e)
		}
	}
}

// A code that is a number is none: it is the status of something in front of the API.
func TestNumbersAreNoCodes(t *testing.T) {
	for _, status := range []int{400, 403, 404} {
		for _, code := range []string{"400", "403", "0", "40001"} {
			c, _ := serve(t, says(status, `{"Code":"`+code+`","RequestId":"r"}`))
			if e := classed(t, renew(t.Context(), c), a); e.Code != "" {
				t.Errorf("%+v", e)
			}
		}
	}
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
	t.Parallel()
	var reply http.HandlerFunc
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { reply(w, r) })
	for _, row := range documented {
		reply = refuses(http.StatusServiceUnavailable, row.code)
		if e := classed(t, renew(t.Context(), c), a); e.Heals || e.Denied || e.NoSuchAction || e.Busy != (row.class == wait) {
			t.Errorf("%+v", e)
		}
	}
	reply = refuses(http.StatusServiceUnavailable, "Throttling.User")
	_, err := c.Regions(t.Context())
	if e := classed(t, err, wait); !e.Busy {
		t.Errorf("%+v", e)
	}
}

// Every call has a nonce of its own, so one that was used came here before:
// something on the way sent the call twice, and the first copy may have paid.
func TestUsedNonceIsAmbiguous(t *testing.T) {
	if e := newCallError(renewInstance, "SignatureNonceUsed", http.StatusBadRequest, "r"); e.Class != a {
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

var mismatches = map[string]int{
	"IdempotentParameterMismatch": 400, "IdempotenceParamNotMatch": 400, "InvalidIdempotenceParameter.Mismatch": 403,
}

// A token that was used with other terms: somebody may have paid.
func TestMismatchIsAmbiguous(t *testing.T) {
	for code, status := range mismatches {
		c, _ := serve(t, refuses(status, code))
		if e := classed(t, renew(t.Context(), c), a); !e.Mismatch || e.Heals || e.Advice.Empty() {
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

// After a definite refusal that may pass, or that other terms may heal, the token
// can be given up; after the others it stands.
func TestWhatMayHeal(t *testing.T) {
	heals, terms, money := 1, 2, 4
	for code, want := range map[string]int{
		"InvalidAccountStatus.NotEnoughBalance": heals + money, "InsufficientBalance": heals + money, "PAY.INSUFFICIENT_BALANCE": heals + money,
		"PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE": heals + money, "Pay.InsufficientBalance": heals + money, "Account.Arrearage": heals, "InvalidPayMethod": heals,
		"OperationDenied.NoStock": heals, "IncorrectInstanceStatus": heals, "InvalidStatus.Upgrading": heals, "IdempotentFailed": heals,
		"Instance.UnPaidOrder": heals, "InvalidInstance.UnPaidOrder": heals, "OperationDenied.UnpaidOrder": heals, "OperationDenied.UnfinishedOrder": heals,
		"InvalidLoanOrderStatus.Uncompleted": heals, "InstanceLockedForSecurity": heals, "InstanceSpecModification.NotEffective": heals,
		"InvalidPeriod": terms, "InvalidPeriod.NotFound": terms, "InvalidPeriodUnit.ValueNotSupported": terms, "InvalidPeriod.ExceededMaximumExpirationDate": terms,
		"InvalidPeriod.StarterPackage": terms, "InvalidParam.ExpectedRenewDay": terms, "InvalidPeriod.ExceededDedicatedHost": heals + terms,
		"InvalidInstanceId.NotFound": 0, "ChargeTypeViolation": 0, "Forbidden.RAM": 0, "SignatureDoesNotMatch": 0, "Forbidden.RiskControl": 0,
		"InvalidClientToken.ValueNotSupported": 0, "SomethingNew": 0, "Throttling.User": 0, "LastTokenProcessing": 0,
	} {
		c, _ := serve(t, refuses(403, code))
		e := failed(t, renew(t.Context(), c))
		got := 0
		for bit, set := range map[int]bool{heals: e.Heals, terms: e.OtherTerms, money: e.Money} {
			if set {
				got += bit
			}
		}
		if got != want {
			t.Errorf("%s: heals %t, other terms %t, money %t", code, e.Heals, e.OtherTerms, e.Money)
		}
	}
}

// Rights can be given by instance, so one that is missing for a call that names
// instances is of these alone; one that is missing for a list is of the account.
func TestMissingRights(t *testing.T) {
	for _, code := range []string{"Forbidden.RAM", "Forbidden", "Forbidden.Unauthorized", "NoPermission", "InvalidAction.Unauthorized"} {
		c, _ := serve(t, refuses(403, code))
		for name, class := range map[string]renewal.Class{"Renew": inst, "SetState": inst, "Tag": inst, "States": halt, "Identity": halt, "Regions": halt,
			"rds Renew": inst, "redis Renew": inst, "mongodb Renew": inst, "eip Renew": inst, "rds SetState": inst, "rds Instances": halt, "Index": halt, "Orders": halt, "Names": halt} {
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
		"InvalidAccessKeyId.NotFound": "access key", "InvalidAccessKeyId.Inactive": "access key",
		"InvalidSecurityToken.Expired": "credentials", "SignatureDoesNotMatch": "credentials", "MissingSecurityToken": "credentials",
		"InvalidTimeStamp.Expired": "clock", "NoPermission": "grant ecs:RenewInstance",
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
		want := cmp.Or(m.ram, "ecs:"+m.action)
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
