package main

// How a fresh installation gets its history: tiles of five minutes straight from raw counters, by promtool. They are what windows of days and the period are summed from;
// windows of hours fill themselves within hours. Tiles as they are recorded cannot be backfilled, since they read themselves.

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
	"gopkg.in/yaml.v3"
)

// tiles are rules that make tiles of one side from raw counters. The rule for a quarter of an hour is the right one but for its length: promtool evaluates it every
// five minutes, and then it counts five.
func tiles(file, side string) string {
	parsed, errs := rulefmt.ParseFile(file)
	if len(errs) > 0 {
		fail("%v", errs)
	}
	type rule struct {
		Record string
		Expr   string
		Labels map[string]string
	}
	type group struct {
		Name, Interval string
		Rules          []rule
	}
	var groups []group
	for _, g := range parsed.Groups {
		for _, r := range g.Rules {
			if r.Record.Value != "slo:"+side+"_events:increase15m" {
				continue
			}
			expr := strings.ReplaceAll(strings.TrimSpace(r.Expr.Value), "offset 15m", "offset 5m")
			expr = strings.ReplaceAll(expr, ":increase15m", ":tile5m")
			groups = append(groups, group{g.Name, "5m", []rule{{"slo:" + side + "_events:tile5m", expr, r.Labels}}})
		}
	}
	text, err := yaml.Marshal(map[string]any{"groups": groups})
	check(err)
	return string(text)
}

// backfill makes history for an SLO that has none and holds it against the raw counters. It returns the bounds that broke.
func backfill(dir string) []string {
	s := newService("shop-0", 20)
	file := compileServices(dir, []service{s})[0]
	data := filepath.Join(dir, "data")
	now := time.Now().UnixMilli()
	history(data, []service{s}, nil, 3*day, now)
	start, end := now-3*day+hour, now-3*hour
	started := time.Now()
	for _, side := range []string{"total", "bad"} {
		// Bad tiles read total ones where no bad series exists, so Prometheus must have those: it looks for new blocks when it starts, and every minute.
		p := startPrometheus(dir, data, []service{s}, nil)
		rules := filepath.Join(dir, side+".yaml")
		check(os.WriteFile(rules, []byte(tiles(file, side)), 0o644))
		text, err := exec.Command(*promtool, "tsdb", "create-blocks-from", "rules", "--url="+p.address, fmt.Sprintf("--start=%d", start/1000),
			fmt.Sprintf("--end=%d", end/1000), "--output-dir="+data, rules).CombinedOutput()
		p.stop()
		if err != nil {
			fail("promtool: %v\n%s", err, text)
		}
	}
	took := time.Since(started)
	p := startPrometheus(dir, data, []service{s}, nil)
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
