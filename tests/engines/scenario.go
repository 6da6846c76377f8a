// What happens: which instances there are, what they have counted at which moment, and what that comes to.
package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

const (
	// lasts is how long the scenario is played. Events end after a quarter of an hour. What is left of a budget passes through four rules of five
	// minutes, and each of them may see what the one before has recorded five minutes late.
	lasts = 2580 * time.Second
	// The ruler is off from here to there.
	rulerStops, rulerStarts = 700 * time.Second, 760 * time.Second
	// One of two scrapers is off from here to there.
	replicaStops, replicaStarts = 810 * time.Second, 870 * time.Second
	// What comes late comes as late as this.
	late = time.Minute
	// Of what comes late, every second part arrives after the next one between these moments.
	swapsFrom, swapsTo = 420 * time.Second, 480 * time.Second
	// What is late between these moments comes all at once.
	holdsFrom, holdsTo, heldUntil = 560 * time.Second, 620 * time.Second, 690 * time.Second
)

// definitions are what is compiled.
var definitions = map[string]string{
	"slowburn.yaml": `version: slowburn/v1
prometheus: { scrape_interval: 5s, external_labels: [cluster], replica_labels: [replica, rule_replica] }
targets:
  thanos: {}
  mimir: {}
  cortex: {}
  vmalert: {}
`,
	"web.yaml":  calls("web", "99.95%"),
	"pair.yaml": calls("pair", "99%"),
	"late.yaml": calls("late", "99%"),
	"slow.yaml": `version: slowburn/v1
service: slow
missing_events: off
slos:
  latency:
    objective: 99%
    sli:
      total: d_seconds_count{job="web"}
      good: d_seconds_bucket{job="web",le="0.5"}
`,
}

// copies is how many services count what `pair` counts. Rulers evaluate each group at a moment of its own, so what is summed before all of it is there
// is missing in some of them, or in all.
const copies = 8

func copyOf(index int) string { return fmt.Sprintf("copy-%d", index) }

func init() {
	for index := 0; index < copies; index++ {
		definitions[copyOf(index)+".yaml"] = callsOf(copyOf(index), "pair", "99%")
	}
}

func calls(service, objective string) string { return callsOf(service, service, objective) }

func callsOf(service, job, objective string) string {
	return fmt.Sprintf(`version: slowburn/v1
service: %[1]s
missing_events: off
slos:
  availability:
    objective: %[3]s
    sli:
      total: calls_total{job="%[2]s"}
      bad: calls_total{job="%[2]s",code="500"}
`, service, job, objective)
}

// truth is what each service counts in the scenario: all events, and bad ones.
var truth = map[string]struct{ total, bad float64 }{
	"web":  {41135, 335},
	"slow": {33600, 1000},
	"pair": {16860, 60},
	"late": {8520, 120},
}

// budgets are what the objectives leave.
var budgets = map[string]float64{"web": 0.0005, "slow": 0.01, "pair": 0.01, "late": 0.01}

// instances say of which job each instance is; the last one is scraped by whoever is late.
var instances = map[string]string{"a": "web", "b": "web", "c": "pair", "d": "late"}

// between is how much of the time from a to b has passed.
func between(t, a, b float64) float64 { return math.Max(0, math.Min(t, b)-a) }

// exposition is what an instance shows t seconds after the beginning; false if it does not answer.
func exposition(instance string, t float64) (string, bool) {
	var text strings.Builder
	show := func(name, labels string, value float64) {
		fmt.Fprintf(&text, "%s{%s} %g\n", name, labels, math.Floor(value))
	}
	switch instance {
	case "a":
		// Nobody scrapes it for a minute and a half, while it fails.
		if t > 500 && t < 590 {
			return "", false
		}
		if t < 285 {
			show("calls_total", `code="200"`, 1000000+20*between(t, 60, 240))
			if t >= 120 {
				show("calls_total", `code="500"`, 30) // born with what it counts
			}
		} else { // a new process
			show("calls_total", `code="200"`, 20*between(t, 300, 900))
			if t >= 420 {
				show("calls_total", `code="500"`, 5+between(t, 420, 600))
			}
		}
	case "b":
		show("calls_total", `code="200"`, 500000+30*between(t, 60, 900))
		show("calls_total", `code="500"`, 5000+2*between(t, 650, 710))
		all := 40 * between(t, 60, 900)
		show("d_seconds_bucket", `le="0.5"`, 70000+all-10*between(t, 300, 400))
		show("d_seconds_bucket", `le="+Inf"`, 90000+all)
		show("d_seconds_count", ``, 90000+all)
		show("d_seconds_sum", ``, 90000+all)
	case "c":
		show("calls_total", `code="200"`, 3000+20*between(t, 60, 900))
		show("calls_total", `code="500"`, 700+between(t, 800, 860))
	case "d":
		show("calls_total", `code="200"`, 2000+10*between(t, 60, 900))
		show("calls_total", `code="500"`, 40+between(t, 400, 520))
	}
	return text.String(), true
}
