// The calls of the scenario for clients that know no product: the parameters as
// they are on the wire. call is (version, action, parameters) => answer.
import { region } from './scenario.mjs';

const ECS = '2014-05-26';

export function calls(call) {
  return {
    async list({ from, to, next }) {
      const query = {
        RegionId: region, InstanceChargeType: 'PrePaid', ResourceGroupId: 'rg-1', 'Tag.1.Key': 'env', 'Tag.1.Value': 'prod',
        'Filter.3.Key': 'ExpiredStartTime', 'Filter.3.Value': from, 'Filter.4.Key': 'ExpiredEndTime', 'Filter.4.Value': to,
        MaxResults: 10,
      };
      if (next) query.NextToken = next;
      const body = await call(ECS, 'DescribeInstances', query);
      return {
        next: body.NextToken,
        instances: body.Instances.Instance.map((i) => ({
          id: i.InstanceId, name: i.InstanceName, expires: i.ExpiredTime, address: i.VpcAttributes.PrivateIpAddress.IpAddress[0],
        })),
      };
    },
    async price(id) {
      return (await call(ECS, 'DescribeRenewalPrice', { RegionId: region, ResourceId: id, Period: 1, PriceUnit: 'Month' })).PriceInfo.Price.TradePrice;
    },
    async renew(id, token, months) {
      return (await call(ECS, 'RenewInstance', { InstanceId: id, Period: months, PeriodUnit: 'Month', ClientToken: token })).OrderId;
    },
    async setAuto(id, on) {
      const term = on ? { Duration: 1, PeriodUnit: 'Month' } : {};
      await call(ECS, 'ModifyInstanceAutoRenewAttribute', { RegionId: region, InstanceId: id, AutoRenew: on ? 'True' : 'False', ...term });
    },
    async auto(id) {
      const body = await call(ECS, 'DescribeInstanceAutoRenewAttribute', { RegionId: region, InstanceId: id });
      return body.InstanceRenewAttributes.InstanceRenewAttribute[0].RenewalStatus;
    },
    async tag(id, key, value) {
      await call(ECS, 'TagResources', { RegionId: region, ResourceType: 'instance', 'ResourceId.1': id, 'Tag.1.Key': key, 'Tag.1.Value': value });
    },
    async tagOf(id, key) {
      const body = await call(ECS, 'DescribeInstances', { RegionId: region, InstanceIds: JSON.stringify([id]) });
      return body.Instances.Instance[0].Tags.Tag.find((t) => t.TagKey === key)?.TagValue;
    },
    async balance() {
      return (await call('2017-12-14', 'QueryAccountBalance', {})).Data.AvailableAmount;
    },
    async assume(arn) {
      const c = (await call('2015-04-01', 'AssumeRole', { RoleArn: arn, RoleSessionName: 'client' })).Credentials;
      return { id: c.AccessKeyId, secret: c.AccessKeySecret, token: c.SecurityToken };
    },
  };
}
