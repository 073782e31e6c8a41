// Command clients plays the scenario of ../npm/scenario.mjs with the Go SDK of
// today (alibabacloud-go, "Tea") against the emulated cloud. It is a module of
// its own so that the function does not depend on that SDK.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	openapiutil "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	ecs "github.com/alibabacloud-go/ecs-20140526/v7/client"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/alibabacloud-go/tea/tea"
)

const region = "cn-hangzhou"

func main() {
	if err := play(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// keys are what a client signs with.
type keys struct{ id, secret, token string }

func config(k keys) *openapiutil.Config {
	c := &openapiutil.Config{
		AccessKeyId: dara.String(k.id), AccessKeySecret: dara.String(k.secret),
		Endpoint: dara.String(os.Getenv("EMULATOR")), Protocol: dara.String("http"), RegionId: dara.String(region),
	}
	if k.token != "" {
		c.SecurityToken = dara.String(k.token)
	}
	if os.Getenv("SIGNATURE") == "old" {
		c.SignatureAlgorithm = dara.String("v2") // is what they call the old one
	}
	return c
}

func play() error {
	own := keys{id: "emulator", secret: "emulator"}
	client, err := ecs.NewClient(config(own))
	if err != nil {
		return err
	}
	var twelve []string
	for n := range 12 {
		twelve = append(twelve, fmt.Sprintf("i-%02d", n+1))
	}
	if err := listed(client, twelve...); err != nil {
		return err
	}
	price, err := client.DescribeRenewalPrice(&ecs.DescribeRenewalPriceRequest{
		RegionId: dara.String(region), ResourceId: dara.String("i-01"), Period: dara.Int32(1), PriceUnit: dara.String("Month"),
	})
	if err != nil {
		return err
	}
	if got := dara.Float32Value(price.Body.PriceInfo.Price.TradePrice); got != 250 {
		return fmt.Errorf("price: %v", got)
	}
	for _, step := range []func(*ecs.Client) error{renewals, autoRenewal, tags} {
		if err := step(client); err != nil {
			return err
		}
	}
	return accounts(own)
}

// listed compares a list with what it should be.
func listed(client *ecs.Client, want ...string) error {
	got, err := list(client)
	if err == nil && !slices.Equal(got, want) {
		err = fmt.Errorf("list: %v, and it should be %v", got, want)
	}
	return err
}

func list(client *ecs.Client) (ids []string, err error) {
	filter := func(key string, at time.Duration) *ecs.DescribeInstancesRequestFilter {
		return &ecs.DescribeInstancesRequestFilter{Key: dara.String(key), Value: dara.String(time.Now().Add(at).UTC().Format("2006-01-02T15:04Z"))}
	}
	const day = 24 * time.Hour
	request := &ecs.DescribeInstancesRequest{
		RegionId: dara.String(region), InstanceChargeType: dara.String("PrePaid"), ResourceGroupId: dara.String("rg-1"),
		Tag:        []*ecs.DescribeInstancesRequestTag{{Key: dara.String("env"), Value: dara.String("prod")}},
		Filter:     []*ecs.DescribeInstancesRequestFilter{{}, {}, filter("ExpiredStartTime", -day), filter("ExpiredEndTime", 7*day)},
		MaxResults: dara.Int32(10),
	}
	for {
		page, err := client.DescribeInstances(request)
		if err != nil {
			return nil, err
		}
		for _, i := range page.Body.Instances.Instance {
			if !strings.HasSuffix(dara.StringValue(i.ExpiredTime), "T16:00Z") || !strings.HasPrefix(dara.StringValue(i.VpcAttributes.PrivateIpAddress.IpAddress[0]), "10.") {
				return nil, fmt.Errorf("an instance is %s", i)
			}
			ids = append(ids, dara.StringValue(i.InstanceId))
		}
		if request.NextToken = page.Body.NextToken; dara.StringValue(request.NextToken) == "" {
			return ids, nil
		}
	}
}

func renewals(client *ecs.Client) error {
	renew := func(id, token string, months int32) (string, error) {
		answer, err := client.RenewInstance(&ecs.RenewInstanceRequest{
			InstanceId: dara.String(id), Period: dara.Int32(months), PeriodUnit: dara.String("Month"), ClientToken: dara.String(token),
		})
		if err != nil {
			return "", err
		}
		return dara.StringValue(answer.Body.OrderId), nil
	}
	first, err := renew("i-01", "a token*~+ of ours", 1)
	if err != nil || first == "" {
		return fmt.Errorf("renew: order %q, %w", first, err)
	}
	if again, err := renew("i-01", "a token*~+ of ours", 1); err != nil || again != first {
		return fmt.Errorf("the same token again: order %q, %w", again, err)
	}
	if _, err := renew("i-01", "a token*~+ of ours", 2); code(err) != "IdempotenceParamNotMatch" {
		return fmt.Errorf("the same token for another period: %w", err)
	}
	if other, err := renew("i-01", "another token", 1); err != nil || other == first {
		return fmt.Errorf("another token: order %q, %w", other, err)
	}
	if _, err := renew("i-none", "a third token", 1); code(err) != "InvalidInstanceId.NotFound" {
		return fmt.Errorf("an unknown instance: %w", err)
	}
	return nil
}

// code is the code of an error of the API.
func code(err error) string {
	var refused *tea.SDKError
	if errors.As(err, &refused) {
		return dara.StringValue(refused.Code)
	}
	return ""
}

func autoRenewal(client *ecs.Client) error {
	for _, on := range []bool{true, false} {
		change := &ecs.ModifyInstanceAutoRenewAttributeRequest{RegionId: dara.String(region), InstanceId: dara.String("i-02"), AutoRenew: dara.Bool(on)}
		want := "Normal"
		if on {
			want, change.Duration, change.PeriodUnit = "AutoRenewal", dara.Int32(1), dara.String("Month")
		}
		if _, err := client.ModifyInstanceAutoRenewAttribute(change); err != nil {
			return err
		}
		read, err := client.DescribeInstanceAutoRenewAttribute(&ecs.DescribeInstanceAutoRenewAttributeRequest{RegionId: dara.String(region), InstanceId: dara.String("i-02")})
		if err != nil {
			return err
		}
		if got := dara.StringValue(read.Body.InstanceRenewAttributes.InstanceRenewAttribute[0].RenewalStatus); got != want {
			return fmt.Errorf("auto-renewal %v: %s", on, got)
		}
	}
	return nil
}

func tags(client *ecs.Client) error {
	_, err := client.TagResources(&ecs.TagResourcesRequest{
		RegionId: dara.String(region), ResourceType: dara.String("instance"), ResourceId: []*string{dara.String("i-03")},
		Tag: []*ecs.TagResourcesRequestTag{{Key: dara.String("renew:refused"), Value: dara.String("2026-12-31T16:00Z/1")}},
	})
	if err != nil {
		return err
	}
	read, err := client.DescribeInstances(&ecs.DescribeInstancesRequest{RegionId: dara.String(region), InstanceIds: dara.String(`["i-03"]`)})
	if err != nil {
		return err
	}
	for _, tag := range read.Body.Instances.Instance[0].Tags.Tag {
		if dara.StringValue(tag.TagKey) == "renew:refused" && dara.StringValue(tag.TagValue) == "2026-12-31T16:00Z/1" {
			return nil
		}
	}
	return fmt.Errorf("the tag is not there: %s", read.Body)
}

// accounts reads the balance, enters another account and tries a wrong secret.
func accounts(own keys) error {
	balance, err := generic(own, "2017-12-14", "QueryAccountBalance", nil)
	if err != nil {
		return err
	}
	if data := balance["Data"].(map[string]any); data["AvailableAmount"] != "11,845.60" {
		return fmt.Errorf("balance: %v", data)
	}
	assumed, err := generic(own, "2015-04-01", "AssumeRole", map[string]any{"RoleArn": "acs:ram::6543210987654321:role/renewer", "RoleSessionName": "go"})
	if err != nil {
		return err
	}
	c := assumed["Credentials"].(map[string]any)
	theirs, err := ecs.NewClient(config(keys{c["AccessKeyId"].(string), c["AccessKeySecret"].(string), c["SecurityToken"].(string)}))
	if err != nil {
		return err
	}
	if err := listed(theirs, "i-theirs"); err != nil {
		return err
	}
	wrong, err := ecs.NewClient(config(keys{id: own.id, secret: "wrong"}))
	if err != nil {
		return err
	}
	if _, err := list(wrong); code(err) != "SignatureDoesNotMatch" {
		return fmt.Errorf("a wrong secret: %w", err)
	}
	return nil
}

// generic calls an action of a product without its own client.
func generic(k keys, version, action string, query map[string]any) (map[string]any, error) {
	client, err := openapi.NewClient(config(k))
	if err != nil {
		return nil, err
	}
	answer, err := client.CallApi(&openapiutil.Params{
		Action: dara.String(action), Version: dara.String(version), Protocol: dara.String("HTTP"), Method: dara.String("POST"),
		AuthType: dara.String("AK"), Style: dara.String("RPC"), Pathname: dara.String("/"),
		ReqBodyType: dara.String("json"), BodyType: dara.String("json"),
	}, &openapiutil.OpenApiRequest{Query: openapiutil.Query(query)}, &dara.RuntimeOptions{})
	if err != nil {
		return nil, err
	}
	return answer["body"].(map[string]any), nil
}
