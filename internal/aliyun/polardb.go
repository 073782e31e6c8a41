package aliyun

import (
	"context"
	"strings"
	"sync"

	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// polardb is PolarDB, which has no renewal of its own.
var polardb = product{
	name: "polardb", version: "2017-08-01", key: "polardb", codes: polardbCodes,
	host: endpoints("polardb", "cn-beijing", "cn-beijing-finance-1", "cn-hangzhou-finance", "cn-hongkong", "cn-qingdao", "cn-shanghai", "cn-shenzhen"),
}

// polardbClusters is what PolarDB is asked.
var polardbClusters = api{product: polardb, action: "DescribeDBClusters", ram: []string{"polardb:DescribeDBClusters"}, use: renewal.ToList}

// polardbCodes is what PolarDB refuses with.
var polardbCodes = sync.OnceValue(func() map[string]verdict {
	gone := notThere.say("it is gone, or in another region", "集群不存在，或不在该地域")
	return map[string]verdict{"InvalidDBCluster.NotFound": gone, "InvalidDBClusterId.NotFound": gone}
})

// polardbList is DescribeDBClusters for up to 30 ids. It takes pages of 30, 50 and
// 100 alone.
var polardbList = pager{api: polardbClusters, key: "Items", inner: "DBCluster", total: "TotalRecordCount", size: 100}

var polardbForm = form{
	id: "DBClusterId", name: "DBClusterDescription", charge: "PayType", prepaid: "Prepaid", expiry: "ExpireTime", status: "DBClusterStatus",
	kind: "DBNodeClass", zone: "ZoneId", vpc: "VpcId", created: "CreateTime", more: lockMode,
}

// clusters are the calls to PolarDB.
type clusters struct{ paidByBilling }

// Instances implements Calls for up to 30 of them (PolarDB DescribeDBClusters). A
// storage package, which the billing lists beside them, is none.
func (d clusters) Instances(ctx context.Context, region string, ids []string) ([]renewal.Instance, error) {
	items, err := polardbList.all(ctx, d.cloud, region, map[string]string{"DBClusterIds": strings.Join(ids, ",")})
	switch {
	case polardbClusters.gone(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return d.own(polardbForm.all(items, region), ids), nil
}
