package main

// The forms that a long window may have, side by side over one history: what each reads, and how far it is from what was counted, when Prometheus was off for an hour at
// the far edge of the window, too.

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// form is one way to sum a side (total or bad, for %s) over the period, from what is recorded.
type form struct {
	name  string
	query string
}

// What the forms need beside the compiled rules, for each side: in the same groups, so that all are evaluated at the same moments.
const (
	quickRules = `
      - record: form:%[1]s:counter
        expr: (last_over_time(form:%[1]s:counter[15m]) or 0 * slo:%[1]s_events:increase30s) + slo:%[1]s_events:increase30s
`
	longRules = `
      - record: form:%[1]s:tile1h
        expr: sum_over_time(slo:%[1]s_events:tile5m[57m30s]) unless present_over_time(form:%[1]s:tile1h[57m30s])
      - record: form:%[1]s:open
        expr: 0 * last_over_time(form:%[1]s:tile1h[15s]) or slo:%[1]s_events:tile5m + (last_over_time(form:%[1]s:open[7m30s]) or 0 * slo:%[1]s_events:tile5m)
      - record: form:%[1]s:day
        expr: sum_over_time(slo:%[1]s_events:tile5m[23h57m30s])
`
)

func forms(dir string) {
	var days []string
	for i := 0; i < 7; i++ {
		term := "last_over_time(form:%[1]s:day[10m])"
		if i > 0 {
			term = fmt.Sprintf("last_over_time(form:%%[1]s:day[10m] offset %dd)", i)
		}
		days = append(days, fmt.Sprintf("sum(%s or vector(0))", term))
	}
	all := []form{
		{"sum of what is counted every 30s", "sum(sum_over_time(slo:%[1]s_events:increase30s[6d23h59m45s]))"},
		{"sum of tiles of 5m", "sum(sum_over_time(slo:%[1]s_events:tile5m[6d23h57m30s]))"},
		{"tiles of 1h, and of 5m since the last", "sum(sum_over_time(form:%[1]s:tile1h[6d23h30m])) + sum(last_over_time(form:%[1]s:open[10m]))"},
		{"sums of a day, joined by offset", strings.Join(days, " + ")},
		{"a counter, now less then", "sum(last_over_time(form:%[1]s:counter[15m])) - sum(last_over_time(form:%[1]s:counter[15m] offset 7d) or vector(0))"},
	}
	s := &scenario{name: "forms", kind: kinds["events"], policy: week, scrape: 15 * second, latency: 50, instances: 2, length: 9 * day,
		traffic: shaped(dayAndNight, 0.0005, during(day+2*hour, 30*minute, 0.3), during(8*day+12*hour, 30*minute, 0.3)),
		stopped: []span{from(day+6*hour+41*second, 70*minute), from(4*day+41*second, 3*minute)}}
	s.edit = func(rules string) string {
		for _, part := range []struct{ before, rules string }{{"  - name: shop/slos/long\n", quickRules}, {"\n  # shop: events", longRules}} {
			at := strings.Index(rules, part.before)
			if at < 0 {
				fail("the compiled rules have no %q", part.before)
			}
			rules = rules[:at] + fmt.Sprintf(part.rules, "total") + fmt.Sprintf(part.rules, "bad") + rules[at:]
		}
		return rules
	}
	found := make([]worst, len(all))
	samples := make([]int64, len(all))
	spent := make([]time.Duration, len(all))
	const asked = 200
	s.inspect = func(server *server, w *world, evaluated map[string][]int64) {
		moments := evaluated["shop/slos/long"]
		for i, f := range all {
			started := cpu()
			for n := 0; n < asked; n++ {
				// Every ten minutes of the last day and a half.
				at := moments[len(moments)-1-2*n]
				total, read := server.ask(fmt.Sprintf(f.query, "total"), at)
				bad, _ := server.ask(fmt.Sprintf(f.query, "bad"), at)
				if len(total) != 1 || len(bad) != 1 {
					found[i].none++
					continue
				}
				samples[i] = read
				e, be := w.offWithin(w.seen[""], ratio(total[0].V, bad[0].V), at, w.policy.period, 0, fast)
				found[i].see(e, at, ratio(total[0].V, bad[0].V), be)
			}
			spent[i] = (cpu() - started) / asked / 2
		}
	}
	play(filepath.Join(dir, "forms"), s)
	fmt.Print("\nFORMS of a window of 7 days, Prometheus off for 70 minutes at its far edge\n\n")
	row("", "samples", "processor ms", "worst error", "at")
	for i, f := range all {
		row(f.name, samples[i], fmt.Sprintf("%.3f", spent[i].Seconds()*1000), found[i], clock(found[i].at))
	}
}

// cpu is the processor time of this program until now.
func cpu() time.Duration {
	var used syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
