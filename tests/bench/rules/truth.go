package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/rules"
)

// The intervals of the two groups, as promised.
const (
	fast = 30 * second
	slow = 5 * minute
)

// outcome is what a scenario comes to.
type outcome struct {
	*scenario
	counted    float64 // share of the events seen in scrapes that the rules counted
	shown      float64 // share of all events that scrapes showed
	period     worst
	pages      worst
	tickets    worst
	averaged   worst // the period as an average of 5m ratios
	raw        worst // the period as an increase of raw counters
	rawWindows worst
	unjust     []string
	invalid    int
	failed     float64
	complaint  string // the first of Prometheus
	delays     []delay
	series     int
	took       time.Duration
}

// worst is the largest relative error and when it was.
type worst struct {
	error  float64
	at     int64
	is, be float64
	n      int
	none   int // moments without an answer though there were events
}

func (w *worst) see(e float64, at int64, is, be float64) {
	w.n++
	if e > w.error || w.n == 1 {
		w.error, w.at, w.is, w.be = e, at, is, be
	}
}

func (w worst) String() string {
	switch {
	case w.n == 0 && w.none == 0:
		return "-"
	case w.none > 0:
		return "none"
	case w.error == 0:
		return "0"
	case math.IsInf(w.error, 0) || w.error > 99:
		return ">9900%"
	case w.error < 0.000005:
		return "<0.001%"
	}
	return fmt.Sprintf("%.3g%%", w.error*100)
}

// delay is how long an alert took to fire and to stop, beside the formulas of the SRE Workbook, in seconds.
type delay struct {
	severity                     string
	fired, firesAt, stop, stopAt float64
	late                         float64
}

// truth plays scenarios and prints the first table. It returns the bounds that broke.
func truth(dir string) []string {
	var chosen []*scenario
	for _, s := range scenarios() {
		if (s.short || !*short) && strings.Contains(s.name, *only) {
			chosen = append(chosen, s)
		}
	}
	outcomes := make([]*outcome, len(chosen))
	var group sync.WaitGroup
	turn := make(chan bool, 2)
	for i, s := range chosen {
		group.Add(1)
		go func(i int, s *scenario) {
			defer group.Done()
			turn <- true
			started := time.Now()
			outcomes[i] = play(filepath.Join(dir, fmt.Sprint("truth", i)), s)
			outcomes[i].took = time.Since(started)
			fmt.Fprintf(os.Stderr, "%4.0f s  %s\n", outcomes[i].took.Seconds(), strings.Join(outcomes[i].columns(), "  "))
			<-turn
		}(i, s)
	}
	group.Wait()
	return report(outcomes)
}

// compile writes the sources of a scenario and has them compiled.
func compile(dir string, s *scenario) map[string]string {
	sources, out := filepath.Join(dir, "slos"), filepath.Join(dir, "out")
	check(os.MkdirAll(sources, 0o755))
	var project strings.Builder
	fmt.Fprintf(&project, "version: slowburn/v1\nperiod: %s\npolicy: bench\nprometheus: { version: \"2.54\", scrape_interval: %s }\n", canonical(s.policy.period), canonical(s.scrape))
	fmt.Fprintf(&project, "policies:\n  bench:\n    tiers:\n")
	for _, t := range s.policy.tiers {
		fmt.Fprintf(&project, "      - { severity: %s, budget: %v%%, long: %s, short: %s }\n", t.severity, t.share*100, canonical(t.long), canonical(t.short))
	}
	by := ""
	if s.by != "" {
		by = fmt.Sprintf("    by: [%s]\n", s.by)
	}
	service := fmt.Sprintf("version: slowburn/v1\nservice: shop\nslos:\n  checkout:\n    objective: %s\n    sli: %s\n%s", s.kind.object, s.kind.sli, by)
	check(os.WriteFile(filepath.Join(sources, "slowburn.yaml"), []byte(project.String()), 0o644))
	check(os.WriteFile(filepath.Join(sources, "shop.yaml"), []byte(service), 0o644))
	runCompiler(sources, out)
	return map[string]string{"shop.rules.yaml": filepath.Join(out, "prometheus", "shop.rules.yaml")}
}

func runCompiler(sources, out string) {
	if text, err := exec.Command(*compiler, "compile", sources, "--out", out).CombinedOutput(); err != nil {
		fail("slowburn compile: %v\n%s", err, text)
	}
}

// canonical writes a length of time as the compiler names windows.
func canonical(ms int64) string {
	for _, unit := range []struct {
		ms   int64
		name string
	}{{day, "d"}, {hour, "h"}, {minute, "m"}} {
		if ms%unit.ms == 0 {
			return fmt.Sprint(ms/unit.ms, unit.name)
		}
	}
	return fmt.Sprint(ms/second, "s")
}

// play runs a scenario from beginning to end and judges it.
func play(dir string, s *scenario) *outcome {
	files := compile(dir, s)
	others := peers(dir, s)
	if s.edit != nil {
		for _, path := range files {
			text, err := os.ReadFile(path)
			check(err)
			check(os.WriteFile(path, []byte(s.edit(string(text))), 0o644))
		}
	}
	for name, path := range others.files {
		files[name] = path
	}
	server := newServer(filepath.Join(dir, "data"), files, len(s.stopped) > 0)
	world := newWorld(s)
	end := begin + s.length
	type due struct {
		group *rules.Group
		next  int64
	}
	var groups []*due
	schedule := func(now int64) {
		groups = nil
		for _, g := range server.groups {
			next := g.EvalTimestamp(now * 1_000_000).UnixMilli()
			for next < now {
				next += g.Interval().Milliseconds()
			}
			groups = append(groups, &due{g, next})
		}
	}
	schedule(begin)
	evaluated := map[string][]int64{}
	compacted, asked := begin, begin+6*hour
	stops := append([]span{}, s.stopped...)
	for {
		var process *process
		var group *due
		now := end
		for _, p := range world.processes {
			if p.next+s.latency <= now {
				process, now = p, p.next+s.latency
			}
		}
		for _, g := range groups {
			if g.next < now {
				process, group, now = nil, g, g.next
			}
		}
		if now >= end {
			break
		}
		if len(stops) > 0 && now-begin >= stops[0].from {
			// Whatever was due while Prometheus did not run is not made up for.
			back := begin + stops[0].to
			stops = stops[1:]
			server.restart()
			for _, p := range world.processes {
				p.target.refs = newTarget().refs
				for p.next < back {
					p.next += s.scrape
				}
			}
			schedule(back)
			continue
		}
		if now >= asked && group != nil {
			others.ask(server, world, now)
			asked += 2 * hour
		}
		switch {
		case process != nil:
			total, bad, reached := world.read(server, process)
			if s.kind.counted && reached {
				world.seen[process.group].add(now, total, bad)
			}
			process.next += s.scrape
		default:
			if !within(s.idle, now-begin) {
				group.group.Eval(group.group.Context(), time.UnixMilli(now))
				name := group.group.Name()
				evaluated[name] = append(evaluated[name], now)
				if name == "shop/slos" && !s.kind.counted {
					world.look(now)
				}
			}
			group.next += group.group.Interval().Milliseconds()
		}
		if now-compacted >= 12*hour {
			server.compact()
			compacted = now
		}
	}
	for _, p := range world.processes {
		world.advance(p, end)
	}
	for _, h := range world.happened {
		h.sum()
	}
	others.judge(world)
	o := judge(server, world, evaluated)
	o.averaged, o.raw, o.rawWindows = others.averaged, others.raw, others.windows
	if len(server.log.lines) > 0 {
		o.complaint = server.log.lines[0]
	}
	if s.inspect != nil {
		s.inspect(server, world, evaluated)
	}
	server.stop()
	check(os.RemoveAll(dir))
	return o
}
