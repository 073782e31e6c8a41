package runner

import (
	"context"
	"time"

	"github.com/fc-renewer/fc-renewer/internal/lang"
	"github.com/fc-renewer/fc-renewer/internal/renewal"
)

const (
	tagAge    = 30 * time.Second // how old a look may be when the tag is written, as when a payment is on its way
	tagShows  = 10 * time.Second // how long a written tag is waited for
	tagReread = time.Second      // between two reads of it
)

// raise gives the token of an item up for good: it was refused twice, the second
// time just now, and nothing of it is in doubt. Everybody must know that before
// another token is used, so it is written on the instance and read back. The
// next token follows in this run only where the refusal may pass by itself, and
// when RENEW_VERIFY is over: whoever looked before the tag was there may be
// paying with the old token right now.
//
// If the process dies in here, the tag is there or not; no token is in use.
func (r *run) raise(c contexts, it *item) (settled bool) {
	p := &it.payment
	next := p.generation + 1
	failed := func(more lang.Text) bool {
		it.end(renewal.OutcomeFailed, lang.Say("%v; %v", "%v；%v", said(p.refusal), more))
		return true
	}
	switch {
	case next > renewal.MostGenerations:
		return failed(lang.Say("%d tokens of this expiry were refused: renew it by hand", "这一次到期已有 %d 个幂等 token 被拒绝，请手动续费", renewal.MostGenerations))
	case it.scope.funds.covers(it.decision.Price) == notCovered:
		it.end(renewal.OutcomeFailed, said(p.refusal))
		return true
	}
	if no := r.lookBeforeTag(c, it); no != nil {
		return r.leave(it, *no)
	}
	wrote := r.writeTag(c, it, next)
	if e := renewal.Classify(wrote); wrote != nil && (e.Class == renewal.Terminal || e.Class == renewal.Halt) {
		return failed(lang.Say("nor could the tag %s be written, without which no other token is used: renew it by hand, or allow ecs:TagResources: %v",
			"且无法写入标签 %s，写入之前不会使用其他幂等 token；请手动续费，或授予 ecs:TagResources 权限：%v", renewal.RefusedKey, wrote))
	}
	seen, no := r.readTag(c, it, next)
	switch {
	case no != nil:
		return r.leave(it, *no)
	case seen.IsZero():
		return failed(lang.Say("the tag %s does not show yet; the next run goes on from there", "标签 %s 尚未显示；下次运行将继续处理", renewal.RefusedKey))
	}
	p.generation, p.raised = next, true
	if !p.refusal.Heals {
		return failed(lang.Say("change what it names: the next run asks anew", "请按提示调整；下次运行将重新尝试"))
	}
	at := seen.Add(r.job.Verify)
	if !r.time.mayStart(at) {
		return failed(tooShortToWait)
	}
	p.notBefore = at
	return false
}

// lookBeforeTag looks again where the answer was long in coming. Under an old look
// a run could lower what others have raised since, and two tokens would be right
// at the same time: see oldLookTags in package explore.
func (r *run) lookBeforeTag(c contexts, it *item) *ending {
	if err := r.fresh(c.reads, it, it.payment.notBefore); err != nil {
		return notLooked(c.reads, lang.Say("it could not be read again before its tag was written, so no other token is used", "写入标签前未能重新读取，因此不使用其他幂等 token"), err)
	}
	return r.movedOn(it)
}

// writeTag writes a generation, while the look is fresh; later it is not written.
func (r *run) writeTag(c contexts, it *item, n int) error {
	in := it.decision.Instance
	ctx, cancel := context.WithTimeout(c.reads, tagAge-r.Now().Sub(it.lookedAt))
	defer cancel()
	return do(ctx, func() error {
		return it.scope.cloud.Tag(ctx, it.scope.region, in.ID, renewal.RefusedKey, renewal.RefusedValue(in, n))
	})
}

// readTag reads an item until it shows the generation that was written. It gives
// when it was seen, zero = it was not; or what the item ends with because
// something else shows.
func (r *run) readTag(c contexts, it *item, written int) (seen time.Time, no *ending) {
	limit := r.Now().Add(tagShows)
	for {
		live, err := read(c.reads, func() ([]renewal.Instance, error) {
			return it.scope.calls.Instances(c.reads, it.scope.region, []string{it.decision.Instance.ID})
		})
		now := r.Now()
		if err == nil {
			shown, _ := onlyOne(live)
			switch n, unreadable := shown.Generation(); {
			case len(live) == 0 || shown.Expires.IsZero():
				// it shows nothing
			case !shown.Expires.Equal(it.decision.Instance.Expires):
				it.live, it.lookedAt = r.asPlanned(it, shown), now
				return time.Time{}, r.movedOn(it)
			case unreadable != nil || n > written:
				return time.Time{}, &ending{outcome: renewal.Stale, why: anotherGeneration}
			case n == written:
				return now, nil
			}
		}
		if !now.Before(limit) || !r.waitUntil(c.reads, now.Add(tagReread)) {
			return time.Time{}, nil
		}
	}
}

var anotherGeneration = lang.Say("its tag %s was changed meanwhile: somebody else sees to it", "标签 %s 已被他人修改：可能有其他程序正在处理", renewal.RefusedKey)
