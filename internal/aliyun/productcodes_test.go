package aliyun

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// The same of STS and of the billing API.
var documentedBySTS = []row{
	{"NoPermission", halt, []int{403}},
	{"EntityNotExist.Role", halt, []int{404}},
	{"InvalidParameter.RoleArn", inst, []int{400}},
	{"InvalidParameter.RoleSessionName", inst, []int{400}},
	{"InvalidParameter.DurationSeconds", inst, []int{400}},
	{"InvalidParameter.ExternalId", inst, []int{400}},
	{"InvalidParameter.PolicyGrammar", inst, []int{400}},
	{"InvalidParameter.PolicySize", inst, []int{400}},
	{"InvalidAccessKeyId.NotFound", halt, []int{403, 404}},
	{"InvalidSecurityToken.Expired", halt, []int{400, 403}},
	{"MissingSecurityToken", halt, []int{400}},
	{"Throttling.User", wait, []int{400, 429}},
	{"SomethingNew", inst, []int{400}},
	{"Instance.UnPaidOrder", inst, []int{403}}, // of ECS, and unknown here
}

var documentedByBSS = []row{
	{"NotApplicable", inst, []int{400, 200}},
	{"NotAuthorized", halt, []int{400, 200}},
	{"InvalidOwner", inst, []int{400, 200}},
	{"ResourceStatusError", inst, []int{400, 200}},
	{"ResourceNotExists", inst, []int{400, 200}},
	{"SYSTEM.CONCURRENT_OPERATE", a, []int{400, 200}},
	{"CSS_CHECK_ORDER_ERROR", a, []int{400, 200}},
	{"InternalError", a, []int{500, 200}},
	{"UndefinedError", a, []int{500, 200}},
	{"MissingParameter", inst, []int{400, 200}},
	{"InvalidParameter", inst, []int{400, 200}},
	{"Throttling.Api", wait, []int{400, 503, 200}},
	{"SomethingNew", inst, []int{400}},
	{"SomethingNew", a, []int{500, 200}},
}

// What renewals are refused with, by RDS, R-kvstore, DDS and the billing: of RDS
// RenewInstance, but for the token (DDS RenewDBInstance) and the words for want of
// money and for orders of their siblings.
var documentedOfOrders = []row{
	{"TokenServiceError", a, []int{400}},
	{"InvalidConcurrentOperate", a, []int{400}},
	{"LastOrderProcessing", a, []int{400}},
	{"SYSTEM.CONCURRENT_OPERATE", a, []int{400, 200}},
	{"CSS_CHECK_ORDER_ERROR", a, []int{400, 200}},
	{"CommodityServiceCalling.Exception", a, []int{400}},
	{"Order.InstHasUnpaidOrder", inst, []int{400}},
	{"OrderStatus.UnPaid", inst, []int{403}},
	{"ArrearageOrderExists", inst, []int{400}},
	{"Instance.UnPaidOrder", inst, []int{403}},
	{"Pay.InsufficientBalance", halt, []int{400}},
	{"PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE", halt, []int{400}},
	{"InvalidAccountStatus.NotEnoughBalance", halt, []int{403}},
	{"InsufficientAvailableQuota", halt, []int{400}},
	{"noAvailablePaymentMethod", halt, []int{400}},
	{"pay.noCreditCard", halt, []int{400}},
	{"Order.NoRealNameAuthentication", halt, []int{400}},
	{"BasicInfoUncompleted", halt, []int{400}},
	{"Risk.RiskControlRejection", halt, []int{400}},
	{"Order.PeriodInvalid", inst, []int{400}},
	{"Order.ComboInstanceNotAllowOperate", inst, []int{400}},
	{"InvalidOrderCharge.NotSupport", inst, []int{404}},
	{"OperationDenied.MultiRegions", inst, []int{400}},
	{"System.SaleValidateFailed", inst, []int{400}},
	{"ContainForbiddenLabelError", inst, []int{400}},
	{"Forbidden.RAM", inst, []int{403}},
	{"Throttling.Api", wait, []int{400, 403}},
	{"InternalError", a, []int{500}},
	{"SomethingNew", inst, []int{400, 404}},
	{"SomethingNew", a, []int{500, 200}},
	{"Some.InsufficientBalanceToo", halt, []int{400}},
	{"Some.UnpaidOrderToo", inst, []int{400}},
}

// documentedElsewhere are the codes of the products besides ECS, by a call that
// may meet them. Of a call that changes something a missing right is one of the
// instance.
var documentedElsewhere = map[string]struct {
	api  api
	rows []row
}{
	"STS":                   {assumeRole, documentedBySTS},
	"BSS":                   {queryBalance, documentedByBSS},
	"BSS, renewals":         {billRenew, documentedOfOrders},
	"BSS, of no right":      {billRenew, []row{{"NotAuthorized", inst, []int{400, 200}}}},
	"BSS, money in a 200":   {billRenew, []row{{"PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE", halt, []int{200}}, {"Some.InsufficientBalanceToo", a, []int{200}}}},
	"RDS, renewals":         {rdsRenew, documentedOfOrders},
	"R-kvstore, renewals":   {redisRenew, documentedOfOrders},
	"DDS, renewals":         {mongodbRenew, documentedOfOrders},
	"RDS":                   {rdsInstances, []row{{"InvalidDBInstanceId.NotFound", inst, []int{404}}, {"InvalidDBInstanceName.NotFound", inst, []int{404}}, {"OperationDenied.DBInstanceStatus", inst, []int{403}}}},
	"R-kvstore":             {redisRenew, []row{{"HasRenewChangeOrder", inst, []int{400}}, {"ORDER.ABNORMAL_RESOURCE_STATUS_FOR_RENEW", inst, []int{400}}, {"IncorrectDBInstanceState", inst, []int{403}}, {"NotFoundOrder", inst, []int{404}}, {"InvalidInstanceId.NotFound", inst, []int{404}}}},
	"DDS":                   {mongodbRenew, []row{{"InvalidDBInstanceId.NotFound", inst, []int{404}}, {"InvalidDbInstanceId.NotFound", inst, []int{404}}, {"InvalidDbInstanceIdInvalid", inst, []int{400}}, {"InstanceChargeTypeInvalid", inst, []int{400}}, {"OperationDenied.DBInstanceStatus", inst, []int{403}}}},
	"PolarDB":               {polardbClusters, []row{{"InvalidDBCluster.NotFound", inst, []int{404}}, {"InvalidDBClusterId.NotFound", inst, []int{404}}}},
	"VPC, addresses":        {eipAddresses, []row{{"InvalidRegionId.NotFound", inst, []int{404}}, {"Forbidden.RAM", halt, []int{403}}}},
	"VPC, shared bandwidth": {cbwpPackages, []row{{"InvalidRegionId.NotFound", inst, []int{404}}}},
	"SLB":                   {clbAttribute, []row{{"InvalidLoadBalancerId.NotFound", inst, []int{404}}}},
	"Resource Directory":    {listMembers, []row{{"ResourceDirectoryNotInUse", halt, []int{404}}, {"EntityNotExists.ResourceDirectory", halt, []int{404}}, {"NoPermission.ResourceDirectory.MemberAccount", halt, []int{403}}}},
	"Resource Center":       {searchResources, []row{{"NoPermission", halt, []int{400}}, {"ServiceNotEnabled", inst, []int{400}}}},
}

func TestEveryCodeOfOtherProducts(t *testing.T) {
	for name, tt := range documentedElsewhere {
		for _, row := range tt.rows {
			for _, status := range row.status {
				if e := newCallError(tt.api, row.code, status, "r"); e.Class != row.class || e.Code != row.code || e.Action != tt.api.ram[0] {
					t.Errorf("%s: %s with %d is %s, want %s", name, row.code, status, e.Class, row.class)
				}
			}
		}
	}
}

// Want of money is told from other reasons to stop, and an unpaid order is never
// taken for one that may be under way.
func TestWhatOrdersAreRefusedFor(t *testing.T) {
	short := []string{"Pay.InsufficientBalance", "PAYFOR.CREDIT_PAY_INSUFFICIENT_BALANCE", "InvalidAccountStatus.NotEnoughBalance", "InsufficientAvailableQuota", "Some.InsufficientBalanceToo"}
	for _, api := range []api{billRenew, rdsRenew, redisRenew, mongodbRenew} {
		for _, row := range documentedOfOrders {
			e := newCallError(api, row.code, http.StatusBadRequest, "r")
			if e.Money != slices.Contains(short, row.code) || e.Mismatch || e.NoSuchAction || e.Denied && e.Class == renewal.Ambiguous {
				t.Errorf("%s of %s: %+v", row.code, api.name, e)
			}
			if e.OtherTerms != (row.code == "Order.PeriodInvalid") {
				t.Errorf("%s of %s is about the term: %t", row.code, api.name, e.OtherTerms)
			}
		}
	}
}

// What is gone is an answer to a question, of the codes that say so alone.
func TestWhatIsGone(t *testing.T) {
	for _, a := range apis() {
		for _, code := range []string{"", "SomethingNew", "SomethingNew.NotFound", "Forbidden.RAM", "Throttling.User", "InternalError", "InvalidRegionId.NotFound"} {
			if a.gone(newCallError(a, code, http.StatusNotFound, "r")) {
				t.Errorf("%s of %s says that it is gone", code, a.action)
			}
		}
		if a.gone(nil) {
			t.Errorf("%s: no error says that it is gone", a.action)
		}
	}
}

// Whoever lacks a right of the billing has often attached the policy that sounds
// right and is not.
func TestPolicyThatDoesNotGrant(t *testing.T) {
	const policy = "AliyunBSSRenewFullAccess"
	for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
		if e := newCallError(billRenew, "NotAuthorized", status, "r"); !strings.Contains(e.In(lang.English), policy) || !strings.Contains(e.In(lang.Chinese), policy) || !strings.Contains(e.Error(), "grant bss:ModifyInstance") {
			t.Errorf("%v", e)
		}
	}
	if e := newCallError(rdsRenew, "Forbidden.RAM", http.StatusForbidden, "r"); strings.Contains(e.Error(), policy) {
		t.Errorf("%v", e)
	}
}
