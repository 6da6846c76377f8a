package main

// How a fresh installation gets its history: tiles of five minutes straight from raw counters, by promtool and the rules that `slowburn backfill` writes. Windows of days
// and the period are summed from tiles; windows of hours fill themselves within hours.

import (
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"time"
)

// backfill makes history for an SLO that has none and holds it against the raw counters. It returns the bounds that broke.
func backfill(dir string) []string {
	s := newService("shop-0", 20)
	compileServices(dir, []service{s})
	data := filepath.Join(dir, "data")
	now := time.Now().UnixMilli()
	history(data, []service{s}, nil, 3*day, now)
	start, end := now-3*day+hour, now-3*hour
	started := time.Now()
	rules := filepath.Join(dir, "rules")
	if text, err := exec.Command(*compiler, "backfill", filepath.Join(dir, "slos"), "--to", rules).CombinedOutput(); err != nil {
		fail("slowburn backfill: %v\n%s", err, text)
	}
	p := startPrometheus(dir, data, []service{s}, nil)
	text, err := exec.Command(*promtool, "tsdb", "create-blocks-from", "rules", "--url="+p.address, fmt.Sprintf("--start=%d", start/1000),
		fmt.Sprintf("--end=%d", end/1000), "--output-dir="+data, filepath.Join(rules, s.name+".rules.yaml")).CombinedOutput()
	p.stop()
	if err != nil {
		fail("promtool: %v\n%s", err, text)
	}
	took := time.Since(started)
	// It looks for new blocks when it starts, and every minute.
	p = startPrometheus(dir, data, []service{s}, nil)
	defer func() { p.stop() }()
	fmt.Print("\nBACKFILL of tiles from three days of raw counters, by promtool\n\n")
	row("", "tiles", "counted", "happened")
	var broken []string
	for _, side := range []string{"total", "bad"} {
		query := fmt.Sprintf(`{__name__="slo:%s_events:tile5m"}[2d] @ %d`, side, end/1000)
		counted, n := p.value("sum(sum_over_time("+query+"))"), p.value("sum(count_over_time("+query+"))")
		// Every raw series gains 100 events in 15 s.
		series := map[string]float64{"total": 20, "bad": 8}[side]
		happened := series * 100 * float64(2*day/(15*second))
		row(side, n, counted, happened)
		if math.Abs(counted/happened-1) > 0.01 {
			broken = append(broken, fmt.Sprintf("backfilled %s events are %.0f and not %.0f", side, counted, happened))
		}
	}
	fmt.Printf("It took %.1f s.\n", took.Seconds())
	return broken
}
