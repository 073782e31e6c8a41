package cloud

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const refusedTag = "renew:refused"

func tagged(r reply) map[string]string {
	tags := map[string]string{}
	for _, i := range r.instances() {
		outer, _ := i["Tags"].(map[string]any)
		list, _ := outer["Tag"].([]any)
		for _, item := range list {
			pair := item.(map[string]any)
			tags[pair["TagKey"].(string)] = pair["TagValue"].(string)
		}
	}
	return tags
}

func TestTagsAreWrittenAndTakenAway(t *testing.T) {
	c := New(Options{Now: frozen})
	c.AddInstance(Instance{ID: "i-1", Tags: map[string]string{"env": "prod"}})
	c.AddInstance(Instance{ID: "i-2"})
	cl := newClient(t, c)

	cl.want(200, "", "TagResources", "ResourceType=instance", "ResourceId.1=i-1", "ResourceId.2=i-2",
		"Tag.1.Key="+refusedTag, "Tag.1.Value=2026-12-31T16:00Z/1", "Tag.2.Key=empty", "Tag.2.Value=")
	cl.want(200, "", "TagResources", "ResourceType=instance", "ResourceId.1=i-1", "Tag.1.Key="+refusedTag, "Tag.1.Value=2026-12-31T16:00Z/2")
	want := map[string]string{"env": "prod", refusedTag: "2026-12-31T16:00Z/2", "empty": ""}
	if diff := cmp.Diff(want, tagged(cl.call("DescribeInstances", `InstanceIds=["i-1"]`))); diff != "" {
		t.Error("tags are not merged:", diff)
	}
	if got := cl.call("DescribeInstances", "Tag.1.Key="+refusedTag, "Tag.1.Value=2026-12-31T16:00Z/1").ids(); got != "i-2" {
		t.Errorf("found by tag: %q", got)
	}

	cl.want(200, "", "UntagResources", "ResourceType=instance", "ResourceId.1=i-1", "TagKey.1="+refusedTag, "TagKey.2=none")
	cl.want(200, "", "UntagResources", "ResourceType=instance", "ResourceId.1=i-2", "All=true")
	if diff := cmp.Diff(map[string]string{"env": "prod", "empty": ""}, tagged(cl.call("DescribeInstances"))); diff != "" {
		t.Error("tags are not taken away:", diff)
	}

	var log []string
	for _, ch := range c.TagChanges() {
		log = append(log, fmt.Sprintf("%d %s %s %q->%q %v", ch.Seq, ch.Instance, ch.Key, ch.Old, ch.Value, ch.Removed))
	}
	if diff := cmp.Diff([]string{
		`1 i-1 empty ""->"" false`,
		`2 i-1 renew:refused ""->"2026-12-31T16:00Z/1" false`,
		`3 i-2 empty ""->"" false`,
		`4 i-2 renew:refused ""->"2026-12-31T16:00Z/1" false`,
		`5 i-1 renew:refused "2026-12-31T16:00Z/1"->"2026-12-31T16:00Z/2" false`,
		`6 i-1 renew:refused "2026-12-31T16:00Z/2"->"" true`,
		`7 i-2 empty ""->"" true`,
		`8 i-2 renew:refused "2026-12-31T16:00Z/1"->"" true`,
	}, log); diff != "" {
		t.Error("record of tags:", diff)
	}
}

func TestTagsThatAreRefusedChangeNothing(t *testing.T) {
	c := New(Options{Now: frozen})
	full := map[string]string{}
	for n := range 20 {
		full[fmt.Sprint("k", n)] = ""
	}
	c.AddInstance(Instance{ID: "i-1"})
	c.AddInstance(Instance{ID: "i-full", Tags: full})
	c.AddInstance(Instance{ID: "i-away", Region: "cn-beijing"})
	cl := newClient(t, c)
	many := func(prefix string, n int) (pairs []string) {
		for i := range n {
			pairs = append(pairs, fmt.Sprintf(prefix, i+1, i+1))
		}
		return pairs
	}
	long := func(n int) string { return fmt.Sprintf("%0*d", n, 0) }
	for _, x := range []struct {
		status int
		code   string
		pairs  []string
	}{
		{404, "InvalidResourceType.NotFound", []string{"ResourceType=disk", "ResourceId.1=i-1", "Tag.1.Key=a"}},
		{404, "InvalidResourceId.NotFound", []string{"ResourceType=instance", "ResourceId.1=i-1", "ResourceId.2=i-away", "Tag.1.Key=a"}},
		{404, "InvalidRegionId.NotFound", []string{"ResourceType=instance", "RegionId=mars", "ResourceId.1=i-1", "Tag.1.Key=a"}},
		{400, "MissingParameter", []string{"ResourceType=instance", "Tag.1.Key=a"}},
		{400, "MissingParameter.TagKey", []string{"ResourceType=instance", "ResourceId.1=i-1"}},
		{400, "MissingParameter.TagKey", []string{"ResourceType=instance", "ResourceId.1=i-1", "Tag.1.Value=a"}},
		{400, "Duplicate.TagKey", []string{"ResourceType=instance", "ResourceId.1=i-1", "Tag.1.Key=a", "Tag.2.Key=a"}},
		{400, "InvalidTagKey.Malformed", []string{"ResourceType=instance", "ResourceId.1=i-1", "Tag.1.Key=acs:a"}},
		{400, "InvalidTagKey.Malformed", []string{"ResourceType=instance", "ResourceId.1=i-1", "Tag.1.Key=aliyun-a"}},
		{400, "InvalidTagKey.Malformed", []string{"ResourceType=instance", "ResourceId.1=i-1", "Tag.1.Key=x https://a"}},
		{400, "InvalidTagKey.Malformed", []string{"ResourceType=instance", "ResourceId.1=i-1", "Tag.1.Key=" + long(129)}},
		{400, "InvalidTagValue.Malformed", []string{"ResourceType=instance", "ResourceId.1=i-1", "Tag.1.Key=a", "Tag.1.Value=" + long(129)}},
		{400, "NumberExceed.Tags", append(many("Tag.%d.Key=k%d", 21), "ResourceType=instance", "ResourceId.1=i-1")},
		{400, "NumberExceed.Tags", []string{"ResourceType=instance", "ResourceId.1=i-1", "ResourceId.2=i-full", "Tag.1.Key=one-more"}},
		{400, "InvalidParameter", append(many("ResourceId.%d=i-%d", 51), "ResourceType=instance", "Tag.1.Key=a")},
	} {
		cl.want(x.status, x.code, "TagResources", x.pairs...)
	}
	cl.want(400, "MissingParameter.TagKey", "UntagResources", "ResourceType=instance", "ResourceId.1=i-1")

	c.SetDenied("", "ecs:TagResources")
	r := cl.want(403, "Forbidden.RAM", "TagResources", "ResourceType=instance", "ResourceId.1=i-1", "Tag.1.Key=a")
	if detail, _ := r.body["AccessDeniedDetail"].(map[string]any); detail["AuthAction"] != "ecs:TagResources" {
		t.Errorf("the refusal does not say what is missing: %v", r)
	}
	if changes := c.TagChanges(); len(changes) != 0 {
		t.Errorf("written all the same: %v", changes)
	}

	// A tag that is there already may be written where no further one fits.
	c.SetDenied("")
	cl.want(200, "", "TagResources", "ResourceType=instance", "ResourceId.1=i-full", "Tag.1.Key=k0", "Tag.1.Value=new")
}

func TestAWrittenTagMayShowLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{TagDelay: time.Minute})
		c.AddInstance(Instance{ID: "i-1"})
		cl := newClient(t, c)
		write := func(value string) {
			cl.want(200, "", "TagResources", "ResourceType=instance", "ResourceId.1=i-1", "Tag.1.Key="+refusedTag, "Tag.1.Value="+value)
		}
		shows := func(want string) {
			t.Helper()
			if got := tagged(cl.call("DescribeInstances"))[refusedTag]; got != want {
				t.Errorf("shows %q, want %q", got, want)
			}
		}
		write("1")
		time.Sleep(30 * time.Second)
		write("2")
		shows("")
		if got := cl.call("DescribeInstances", "Tag.1.Key="+refusedTag).ids(); got != "" {
			t.Errorf("a tag that does not show yet finds %s", got)
		}
		if in, _ := c.Instance("i-1"); in.Tags[refusedTag] != "2" {
			t.Errorf("in truth it is %q", in.Tags[refusedTag])
		}
		time.Sleep(30 * time.Second)
		shows("1")
		time.Sleep(30 * time.Second)
		shows("2")

		c.SetOptions(func(o *Options) { o.TagDelay = -1 })
		write("3")
		time.Sleep(1000 * time.Hour)
		shows("2")
		c.SetOptions(func(o *Options) { o.TagDelay = time.Minute })
		write("4")
		time.Sleep(time.Minute)
		shows("4") // what was to be never seen does not stand in its way
		c.SetOptions(func(o *Options) { o.TagDelay = -1 })
		write("5")
		c.ShowTags("i-1")
		shows("5")
	})
}

func TestFaultsHitTheWritingOfTags(t *testing.T) {
	for _, x := range []struct {
		fault   Fault
		status  int
		written int
	}{
		{Fault{Kind: RefuseBefore, Status: 500}, 500, 0},
		{Fault{Kind: RefuseBefore, Status: 403, Code: "Forbidden.RAM", Instance: "i-1"}, 403, 0},
		{Fault{Kind: RefuseBefore, Status: 403, Code: "Forbidden.RAM", Instance: "i-2"}, 200, 1},
		{Fault{Kind: Throttle}, 400, 0},
		{Fault{Kind: ErrorAfter}, 500, 1},
		{Fault{Kind: BadGatewayAfter}, 502, 1},
		{Fault{Kind: EmptyBody}, 200, 1},
	} {
		c := New(Options{Now: frozen})
		c.AddInstance(Instance{ID: "i-1"})
		x.fault.Action = "ecs:TagResources"
		c.Fail(x.fault)
		newClient(t, c).want(x.status, "", "TagResources", "ResourceType=instance", "ResourceId.1=i-1", "Tag.1.Key=a")
		if got := len(c.TagChanges()); got != x.written {
			t.Errorf("%s: %d tags written, want %d", x.fault.Kind, got, x.written)
		}
	}
}

func TestAnActionOfSeveralProductsIsNamedWithItsProduct(t *testing.T) {
	for name, want := range map[string]bool{
		"RenewInstance": true, "ecs:RenewInstance": true, "sts:AssumeRole": true,
		"sts:RenewInstance": false, "Renew": false, "": false,
	} {
		if got := knownAction(name); got != want {
			t.Errorf("knownAction(%q) = %v", name, got)
		}
	}
	c := New(Options{Now: frozen, Budget: map[string]Budget{"sts:DescribeRegions": {}, "ecs:DescribeInstances": {}}})
	cl := newClient(t, c)
	c.Fail(Fault{Action: "sts:DescribeRegions", Kind: Throttle})
	cl.want(200, "", "DescribeRegions")
	cl.want(400, "Throttling.User", "DescribeInstances")
	cl.want(404, "InvalidApi.NotFound", "DescribeRegions", "Version=2017-12-14")
	cl.want(404, "InvalidAction.NotFound", "DescribeMars", "Version=2014-05-26")
	if all, one, other := c.CallCount("DescribeRegions"), c.CallCount("ecs:DescribeRegions"), c.CallCount("bss:DescribeRegions"); all != 2 || one != 1 || other != 0 {
		t.Errorf("counted %d %d %d", all, one, other)
	}
}
