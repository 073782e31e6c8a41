package config

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// What people put around and between values, whichever setting it is: the
// console keeps it, and a shell does not.
func TestEverySettingRefusesWhatIsMisshapen(t *testing.T) {
	for _, s := range Settings() {
		for _, value := range []string{`"x"`, "'x'", "“x”", "‘x’", "「x」", "`x`", `"a","b"`, `"` + `"`} {
			_, err := read(s.Name + "=" + value)
			refused(t, err, s.Name+": is in quotes")
			inChinese(t, err)
		}
		if s.Name == "RENEW_RULES" || s.Name == "RENEW_RULES_FILE" {
			continue
		}
		for wide, plain := range map[string]string{"，": ",", "；": ",", "：": ":", "＝": "="} {
			_, err := read(s.Name + "=a" + wide + "b")
			refused(t, err, s.Name+": has a full-width "+wide+"; write "+plain)
			inChinese(t, err)
		}
	}
}

// The words that a misshapen value is refused with show how to write it, unless
// it may be a secret.
func TestMisshapenSecretsAreNotRepeated(t *testing.T) {
	const secret = "S3cretThatNobodyMaySee"
	for _, variable := range []string{
		"RENEW_NOTIFY=\"https://x/" + secret + "\"", "RENEW_HEARTBEAT='https://x/" + secret + "'", "RENEW_ENDPOINT=\"" + secret + "\"", "RENEW_EXTERNAL_ID='" + secret + "'",
		"RENEW_NAMES=\"https://x/" + secret + "\"", "RENEW_NOTIFY=https://x/" + secret + "；https://y", "RENEW_NOTIFY=https://x/" + secret + ";https://y/" + secret,
	} {
		_, err := read(variable)
		refused(t, err, "RENEW_")
		for _, l := range []lang.Language{lang.English, lang.Chinese} {
			if said := lang.Of(err, l); strings.Contains(said, secret) {
				t.Error(said)
			}
		}
	}
	_, err := read("RENEW_TAGS='env=prod'")
	refused(t, err, "write it without them: env=prod")
}

// Where addresses are taken, a second one that no comma divides from the first
// would be read as a part of it.
func TestTwoAddressesInOneAreRefused(t *testing.T) {
	for _, name := range []string{"RENEW_NOTIFY", "RENEW_HEARTBEAT", "RENEW_ENDPOINT"} {
		for _, between := range []string{";", "; ", " ", " | ", "|", "\n", ";dba=", "; slack+"} {
			_, err := read(name + "=https://a.example/x" + between + "https://b.example/y")
			refused(t, err, name+": has an address that goes on", "https://…,https://…")
		}
	}
	for _, value := range []string{"https://a.example/x?to=b;c", "https://a.example/x,https://b.example/y", "https://a.example/x , slack+https://b.example/y", "https://a.example/x?next=https://b.example"} {
		mustRead(t, "RENEW_NOTIFY="+value)
	}
}

// Spaces around entries and around the sign of a tag mean nothing, nor do empty
// entries or one that is given twice.
func TestListsAreReadAsTheyAreMeant(t *testing.T) {
	plain := mustRead(t, "RENEW_EXCLUDE_TAGS=env=test,team", "RENEW_NAMES=a,b*", "RENEW_IDS=i-1,i-2", "RENEW_REGIONS=cn-beijing", "RENEW_ACCOUNTS=self", "RENEW_EXPECT_ACCOUNTS=123456")
	loose := mustRead(t, "RENEW_EXCLUDE_TAGS= env = test ,, team,env=test , ", "RENEW_NAMES=, a ,b*,a", "RENEW_IDS=i-1, i-2,i-1,", "RENEW_REGIONS=cn-beijing, cn-beijing", "RENEW_ACCOUNTS=self, self", "RENEW_EXPECT_ACCOUNTS=123456,123456")
	plain.Bytes, loose.Bytes = 0, 0
	if a, b := fmt.Sprintf("%+v", plain), fmt.Sprintf("%+v", loose); a != b {
		t.Errorf("%s\n%s", a, b)
	}
	for _, name := range []string{"RENEW_REGIONS", "RENEW_ACCOUNTS", "RENEW_EXPECT_ACCOUNTS", "RENEW_IDS", "RENEW_EXCLUDE_IDS", "RENEW_NAMES", "RENEW_EXCLUDE_NAMES", "RENEW_TAGS", "RENEW_EXCLUDE_TAGS"} {
		if !slices.ContainsFunc(Settings(), func(s Setting) bool { return s.Name == name }) {
			t.Error(name)
		}
		_, err := read(name + "=a;b")
		refused(t, err, name+": has a semicolon", "commas: a,b")
		_, err = read(name + "= , ,")
		refused(t, err, name+": holds no entry")
		inChinese(t, err)
	}
}

// Two values of one tag can never be on an instance together.
func TestTagsThatNoInstanceCanHaveAreRefused(t *testing.T) {
	_, err := read("RENEW_TAGS=env=prod,team,env=test")
	refused(t, err, "RENEW_TAGS: asks for env=prod and for env=test")
	inChinese(t, err)
	mustRead(t, "RENEW_TAGS=env=prod,env", "RENEW_EXCLUDE_TAGS=env=prod,env=test")
}
