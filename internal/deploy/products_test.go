package deploy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/config"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

// The table of docs/products.md is that of the code, and its token is the one that is
// sent. The Chinese page has the same cells: TestChinesePagesSayTheSame.
func TestProductsPage(t *testing.T) {
	page := read(t, "docs/products.md")
	_, text, _ := strings.Cut(page, "\n## What is looked after\n")
	text, _, _ = strings.Cut(text, "\n## ")
	told := map[string][]string{}
	for _, row := range rows(text) {
		told[strings.Trim(row[0], "`")] = row
	}
	for _, key := range renewal.ProductKeys() {
		is := renewal.TraitsOf(key)
		months, price := "see `RENEW_PERIOD`", "quoted"
		if is.Months != nil {
			months = "1–9, " + strings.Trim(strings.ReplaceAll(fmt.Sprint(is.Months), " ", ", "), "[]")
		}
		if !is.Quoted {
			price = "`RENEW_PRICES`"
		}
		want := []string{"`" + key + "`", "`" + is.Code + "`", months, price, days(is.Deduction), days(is.China), days(is.Intl)}
		row := told[key]
		if len(row) != 8 || !slices.Equal(want, slices.Concat(row[:2], row[3:])) {
			t.Errorf("%s: the page says %q, the code %q", key, row, want)
		}
		delete(told, key)
	}
	for key := range told {
		t.Errorf("the page has %s, which is no product", key)
	}

	facts := map[string]string{}
	for line := range strings.SplitSeq(strings.TrimSpace(fenced(page, "token")[0].text), "\n") {
		key, value, _ := strings.Cut(line, "=")
		facts[key] = value
	}
	in := renewal.Instance{ID: facts["instance"], Account: facts["account"], Product: facts["product"]}
	var err error
	if in.Expires, err = time.Parse("2006-01-02T15:04Z07:00", facts["expires"]); err != nil {
		t.Fatal(err)
	}
	if got := renewal.Token(in, 0); got != facts["token"] {
		t.Errorf("the token is %s", got)
	}

	refused := fenced(page, "env refused")
	if len(refused) == 0 {
		t.Error("no refusal is shown")
	}
	for _, b := range refused {
		if _, err := config.Read(config.Environment{Variables: lines(b.text)}); err == nil {
			t.Errorf("docs/products.md:%d: not refused", b.line)
		}
	}
}

// days is a span as the table writes it.
func days(d time.Duration) string {
	if rest := d % renewal.Day; rest > 0 {
		return fmt.Sprintf("%d d %d h", d/renewal.Day, rest/time.Hour)
	}
	return fmt.Sprintf("%d d", d/renewal.Day)
}
