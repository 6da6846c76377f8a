package main

// The forms that others use, written from their description: every window straight from raw counters, and the period either as an average of recorded 5m ratios
// or as an increase of raw counters.

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/prometheus/promql"
)

type peer struct {
	*scenario
	files    map[string]string
	answers  []answer
	averaged worst
	raw      worst
	windows  worst
}

type answer struct {
	of     *worst
	group  string
	window int64
	at     int64
	is     float64
	none   bool
}

func peers(dir string, s *scenario) *peer {
	p := &peer{scenario: s, files: map[string]string{}}
	if s.kind.total == "" {
		return p
	}
	rule := fmt.Sprintf("groups:\n  - name: peer\n    interval: 30s\n    rules:\n      - record: peer:ratio5m\n        expr: '%s'\n", p.ratio("rate", 5*minute))
	path := filepath.Join(dir, "peer.yaml")
	check(os.WriteFile(path, []byte(rule), 0o644))
	p.files["peer.yaml"] = path
	return p
}

func (p *peer) ratio(function string, window int64) string {
	by := ""
	if p.by != "" {
		by = " by (" + p.by + ")"
	}
	sum := func(selector string) string {
		return fmt.Sprintf("sum%s (%s(%s[%s]))", by, function, selector, canonical(window))
	}
	return sum(p.kind.bad) + " / " + sum(p.kind.total)
}

// ask asks for the period and every window at one moment.
func (p *peer) ask(s *server, w *world, at int64) {
	if len(p.files) == 0 {
		return
	}
	period := canonical(p.policy.period)
	p.hear(w, &p.averaged, s, fmt.Sprintf("sum_over_time(peer:ratio5m[%s]) / count_over_time(peer:ratio5m[%s])", period, period), p.policy.period, at)
	p.hear(w, &p.raw, s, p.ratio("increase", p.policy.period), p.policy.period, at)
	for _, t := range p.policy.tiers {
		for _, window := range []int64{t.long, t.short} {
			p.hear(w, &p.windows, s, p.ratio("rate", window), window, at)
		}
	}
}

func (p *peer) hear(w *world, of *worst, s *server, query string, window, at int64) {
	vector, _ := s.ask(query, at)
	heard := map[string]promql.Sample{}
	for _, sample := range vector {
		heard[sample.Metric.Get(strings.TrimSpace(p.by))] = sample
	}
	for group := range w.seen {
		sample, known := heard[group]
		p.answers = append(p.answers, answer{of, group, window, at, sample.V, !known})
	}
}

// judge compares the answers when all that happened is known.
func (p *peer) judge(w *world) {
	for _, a := range p.answers {
		seen := w.seen[a.group]
		if a.none {
			if total, _ := seen.window(a.at, a.window); total > 0 {
				a.of.none++
			}
			continue
		}
		e, be := w.off(seen, a.is, a.at, a.window, w.least(a.window))
		a.of.see(e, a.at, a.is, be)
	}
}
