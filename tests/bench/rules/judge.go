package main

import (
	"fmt"
	"math"
	"sort"

	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// off is how far a ratio is from what scrapes had shown, as a share of that, or of `least` if that is more: below the threshold that an alert compares with, single events
// would be whole percents. The best moment of the last evaluation interval counts, since nobody can know more than the last evaluation did; in a gap that is
// the last one before it.
func (w *world) off(seen *steps, is float64, at, length int64, least float64) (off, be float64) {
	return w.offWithin(seen, is, at, length, least, fast+2*w.latency+w.kind.lag)
}

func (w *world) offWithin(seen *steps, is float64, at, length int64, least float64, lag int64) (off, be float64) {
	last := at
	if index := seen.index(at); index >= 0 {
		last = seen.times[index]
	}
	off = math.Inf(1)
	for back := int64(0); back <= lag; back += second {
		total, bad := seen.until(last - back)
		edge := at - length - back
		if at-last > fast {
			edge = at - length
		}
		before, badBefore := seen.until(edge)
		truth := ratio(total-before, bad-badBefore)
		e := math.Abs(is - truth)
		if e > 0 {
			e /= math.Max(truth, least)
		}
		if e < off {
			off, be = e, truth
		}
		if off < 0.0005 {
			break
		}
	}
	return off, be
}

// judge holds what was recorded against what happened.
func judge(s *server, w *world, evaluated map[string][]int64) *outcome {
	o := &outcome{scenario: w.scenario, failed: s.failures()}
	names := map[string]int64{}
	for _, t := range w.policy.tiers {
		names[canonical(t.long)], names[canonical(t.short)] = t.long, t.short
	}
	period := canonical(w.policy.period)
	paged := map[string]bool{"5m": true}
	for _, t := range w.policy.tiers {
		if t.severity == "page" {
			paged[canonical(t.long)], paged[canonical(t.short)] = true, true
		}
	}
	for _, series := range s.series(matching("__name__", "slo:.*")) {
		o.series++
		for i, v := range series.values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				o.invalid++
				_ = i
			}
		}
		group := series.labels.Get(w.by)
		name := series.labels.Get(labels.MetricName)
		window := strings.TrimPrefix(name, "slo:sli_error:ratio_rate")
		if window == name {
			continue
		}
		seen := w.seen[group]
		if seen == nil {
			fail("%s: nobody knows %s", w.name, series.labels)
		}
		to, length := &o.tickets, names[window]
		switch {
		case window == period:
			to, length = &o.period, w.policy.period
		case paged[window]:
			to = &o.pages
			if window == "5m" {
				length = 5 * minute
			}
		}
		if length == 0 {
			fail("%s: nobody promised %s", w.name, name)
		}
		for i, v := range series.values {
			// The first evaluations know no gain yet.
			if series.times[i] < begin+hour {
				continue
			}
			at := series.times[i]
			if !paged[window] {
				// Sums of five minutes end half a minute before they are recorded.
				at -= fast
			}
			e, be := w.off(seen, v, at, length, w.least(length))
			to.see(e, series.times[i], v, be)
		}
	}
	var counted, seenAll, happened float64
	// From an hour on: what happened before the first evaluations is nobody's.
	evaluations := evaluated["shop/slos"]
	first, last := evaluations[sort.Search(len(evaluations), func(i int) bool { return evaluations[i] >= begin+hour })], evaluations[len(evaluations)-1]
	for _, series := range s.series(matching("__name__", "slo:total_events:increase30s")) {
		for i, v := range series.values {
			if series.times[i] > first {
				counted += v
			}
		}
	}
	for group, seen := range w.seen {
		total, _ := seen.window(last, last-first)
		all, _ := w.happened[group].window(last, last-first)
		seenAll, happened = seenAll+total, happened+all
	}
	o.counted, o.shown = counted/seenAll, seenAll/happened
	if w.kind.lag > 0 {
		// Looks are recorded there, and not events.
		o.counted = math.NaN()
	}
	if !w.kind.counted {
		// Looks are seen, and seconds happen.
		o.shown = math.NaN()
	}
	w.alerts(s, o, evaluated)
	if *around != "" {
		at, err := time.ParseDuration(*around)
		check(err)
		for _, series := range s.series(matching("__name__", *dump)) {
			for i, v := range series.values {
				if t := series.times[i]; t > begin+at.Milliseconds()-2*minute && t < begin+at.Milliseconds()+2*minute {
					total, bad := w.seen[""].until(t)
					fmt.Println(series.labels.Get("__name__"), clock(t), v, total, bad)
				}
			}
		}
	}
	return o
}

// least is the lowest threshold that a window is compared with; 0 for the period.
func (w *world) least(window int64) float64 {
	if window == w.policy.period {
		return 0
	}
	least := math.Inf(1)
	for _, t := range w.policy.tiers {
		if t.long == window || t.short == window {
			least = math.Min(least, t.burnRate(w.policy)*w.kind.budget)
		}
	}
	return least
}

// sees says whether a tier sees its burn in what was counted. Until holds the last known state of a short window that a gap has emptied.
func (w *world) sees(t tier, counted *steps, at int64, hold bool) bool {
	threshold := t.burnRate(w.policy) * w.kind.budget
	total, bad := counted.window(at, t.long)
	least := map[string]float64{"page": 2, "ticket": 1}[t.severity]
	if ratio(total, bad) <= threshold || bad < least {
		return false
	}
	total, bad = counted.window(at, t.short)
	if total == 0 && hold {
		if index := counted.index(at); index >= 0 {
			last := counted.times[index]
			if gone := at - last; gone >= t.short && gone < t.short+t.long/4 {
				total, bad = counted.window(last+t.short-second, t.short)
			}
		}
	}
	return ratio(total, bad) > threshold
}

// alerts compares when alerts fired with when they should have.
func (w *world) alerts(s *server, o *outcome, evaluated map[string][]int64) {
	firing := map[string]map[int64]bool{}
	for _, series := range s.series(matching("__name__", "ALERTS"), matching("alertstate", "firing"), matching("alertname", "ShopCheckout.*")) {
		severity := series.labels.Get("severity")
		key := severity + "/" + series.labels.Get(w.by)
		if firing[key] == nil {
			firing[key] = map[int64]bool{}
		}
		for _, at := range series.times {
			firing[key][at] = true
		}
	}
	for group := range w.seen {
		for _, severity := range []string{"page", "ticket"} {
			evaluations, tolerance := evaluated["shop/slos"], fast+2*w.scrape+w.latency+w.kind.lag
			if severity == "ticket" {
				evaluations, tolerance = evaluated["shop/slos/long"], math.MaxInt64
				for _, t := range w.policy.tiers {
					if t.severity == severity && t.long/100 < tolerance {
						tolerance = t.long / 100
					}
				}
				if tolerance < slow+fast+2*w.scrape {
					// Of windows this short a ticket is evaluated with the pages, if 1 % of its long window asks for it.
					tolerance = slow + fast + 2*w.scrape
				}
			}
			w.compare(o, severity, group, firing[severity+"/"+group], evaluations, tolerance)
			w.measure(o, severity, firing[severity+"/"+group], evaluations, tolerance)
		}
	}
}

const grid = 5 * second

func (w *world) compare(o *outcome, severity, group string, firing map[int64]bool, evaluations []int64, tolerance int64) {
	if len(evaluations) == 0 {
		return
	}
	// When it should fire last and when it should be silent last, up to every point of a grid.
	points := int((evaluations[len(evaluations)-1]-begin)/grid) + 1
	shouldFire, shouldBeSilent := make([]int64, points), make([]int64, points)
	var fire, silent int64 = math.MinInt64 / 2, begin
	any := func(counted *steps, at int64, hold bool) bool {
		for _, t := range w.policy.tiers {
			if t.severity == severity && w.sees(t, counted, at, hold) {
				return true
			}
		}
		return false
	}
	should := func(at int64) bool { return any(w.seen[group], at, true) }
	for i := range shouldFire {
		at := begin + int64(i)*grid
		bySeen := should(at)
		if bySeen || any(w.happened[group], at, false) {
			fire = at
		}
		if !bySeen {
			silent = at
		}
		shouldFire[i], shouldBeSilent[i] = fire, silent
	}
	for _, at := range evaluations {
		i := int((at - begin) / grid)
		what := ""
		switch {
		case firing[at] && at-shouldFire[i] > tolerance+grid && !should(at):
			what = "fires"
		case !firing[at] && at-shouldBeSilent[i] > tolerance+grid && should(at):
			what = "is silent"
		default:
			continue
		}
		o.unjust = append(o.unjust, fmt.Sprintf("%s %s at %s", severity, what, clock(at)))
	}
}

// measure takes the delays of the first alert of an outage and of its end.
func (w *world) measure(o *outcome, severity string, firing map[int64]bool, evaluations []int64, tolerance int64) {
	for _, out := range w.outages {
		d := delay{severity: severity, firesAt: math.Inf(1), fired: math.Inf(1), stop: math.Inf(1)}
		lasted := float64(out.to-out.from) / 1000
		for _, t := range w.policy.tiers {
			threshold := t.burnRate(w.policy) * w.kind.budget
			if t.severity != severity || out.share <= threshold {
				continue
			}
			fires := float64(t.long) / 1000 * threshold / out.share
			if fires < lasted {
				d.firesAt = math.Min(d.firesAt, fires)
				d.stopAt = math.Max(d.stopAt, float64(t.short)/1000*(1-threshold/out.share))
			}
		}
		for _, at := range evaluations {
			since, after := float64(at-begin-out.from)/1000, float64(at-begin-out.to)/1000
			if firing[at] && since >= 0 && math.IsInf(d.fired, 1) {
				d.fired = since
			}
			if !firing[at] && after >= 0 && math.IsInf(d.stop, 1) {
				d.stop = after
			}
		}
		if math.IsInf(d.firesAt, 1) {
			continue
		}
		d.late = math.Max(d.fired-d.firesAt, d.stop-d.stopAt) - float64(tolerance)/1000
		o.delays = append(o.delays, d)
	}
}

func clock(at int64) string {
	since := (at - begin) / 1000
	return fmt.Sprintf("%dd%02d:%02d:%02d", since/86400, since/3600%24, since/60%60, since%60)
}
