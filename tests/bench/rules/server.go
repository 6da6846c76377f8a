package main

// A Prometheus whose clock is the bench's: the storage, the engine and the rule groups are its own, of the version in go.mod. Only the loop that waits for the next scrape
// or evaluation is replaced, so that months pass in minutes.

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-kit/log"
	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

// complaints keeps what Prometheus would have written to its log as a warning.
type complaints struct {
	lock  sync.Mutex
	lines []string
}

func (c *complaints) Log(pairs ...interface{}) error {
	line := fmt.Sprintln(pairs...)
	if !strings.Contains(line, "level warn") && !strings.Contains(line, "level error") {
		return nil
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	c.lines = append(c.lines, strings.TrimSpace(line))
	return nil
}

type server struct {
	dir      string
	loaded   map[string]string // a name for each rule file, since the moment a group is evaluated at depends on it
	db       *tsdb.DB
	engine   *promql.Engine
	groups   []*rules.Group
	metrics  *client.Registry
	logAhead bool    // whether a write-ahead log is kept
	failed   float64 // evaluations of rules that failed before the last restart
	log      *complaints
}

type loader struct{ files map[string]string }

func (l loader) Load(name string) (*rulefmt.RuleGroups, []error) {
	return rulefmt.ParseFile(l.files[name])
}
func (l loader) Parse(query string) (parser.Expr, error) { return parser.ParseExpr(query) }

func newServer(dir string, files map[string]string, logAhead bool) *server {
	s := &server{dir: dir, loaded: files, logAhead: logAhead, log: &complaints{}}
	s.start()
	return s
}

func (s *server) start() {
	options := tsdb.DefaultOptions()
	options.RetentionDuration = int64(1000 * 24 * time.Hour / time.Millisecond)
	options.EnableNativeHistograms = true
	if !s.logAhead {
		// Only a restart reads it, and much of the time goes into it.
		options.WALSegmentSize = -1
	}
	db, err := tsdb.Open(s.dir, log.NewNopLogger(), nil, options, nil)
	check(err)
	// At moments that do not depend on the machine: see compact.
	db.DisableCompactions()
	s.db = db
	s.metrics = client.NewRegistry()
	s.engine = promql.NewEngine(promql.EngineOpts{
		MaxSamples:           100_000_000,
		Timeout:              10 * time.Minute,
		LookbackDelta:        5 * time.Minute,
		EnableAtModifier:     true,
		EnableNegativeOffset: true,
	})
	nowhere, _ := url.Parse("http://127.0.0.1:9090/")
	manager := rules.NewManager(&rules.ManagerOptions{
		ExternalURL: nowhere,
		QueryFunc:   rules.EngineQueryFunc(s.engine, db),
		NotifyFunc:  func(context.Context, string, ...*rules.Alert) {},
		Context:     context.Background(),
		Appendable:  db,
		Queryable:   db,
		Logger:      s.log,
		Registerer:  s.metrics,
		GroupLoader: loader{s.loaded},
	})
	s.groups = nil
	for _, name := range sorted(s.loaded) {
		groups, errs := manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, name)
		if len(errs) > 0 {
			fail("%s: %v", s.loaded[name], errs)
		}
		for _, key := range sorted(groups) {
			for _, alert := range groups[key].AlertingRules() {
				// Until then it writes no ALERTS; only alerts with `for` have anything to restore.
				alert.SetRestored(true)
			}
			s.groups = append(s.groups, groups[key])
		}
	}
}

// restart closes the storage and opens it again, as a restart of Prometheus does: what was in memory comes back from the write-ahead log.
func (s *server) restart() {
	s.failed = s.failures()
	check(s.db.Close())
	s.start()
}

func (s *server) stop() { check(s.db.Close()); check(os.RemoveAll(s.dir)) }

// compact makes blocks of what is older than the last hours, as Prometheus does every two hours.
func (s *server) compact() { check(s.db.Compact()) }

// failures is the number of evaluations of rules that failed.
func (s *server) failures() float64 {
	families, err := s.metrics.Gather()
	check(err)
	failed := s.failed
	for _, family := range families {
		if family.GetName() != "prometheus_rule_evaluation_failures_total" {
			continue
		}
		for _, metric := range family.Metric {
			failed += metric.Counter.GetValue()
		}
	}
	return failed
}

// ask runs an instant query and returns its answer and how many samples it read.
func (s *server) ask(query string, at int64) (promql.Vector, int64) {
	q, err := s.engine.NewInstantQuery(s.db, nil, query, time.UnixMilli(at))
	check(err)
	defer q.Close()
	result := q.Exec(context.Background())
	if result.Err != nil {
		fail("%s: %v", query, result.Err)
	}
	samples := q.Stats().Samples.TotalSamples
	switch answer := result.Value.(type) {
	case promql.Vector:
		return append(promql.Vector{}, answer...), samples
	case promql.Scalar:
		return promql.Vector{{Point: promql.Point{V: answer.V}}}, samples
	}
	return nil, samples
}

// number is the one value of an answer; NaN if there is none.
func (s *server) number(query string, at int64) float64 {
	answer, _ := s.ask(query, at)
	if len(answer) != 1 {
		return math.NaN()
	}
	return answer[0].V
}

// recorded is one series of the storage.
type recorded struct {
	labels labels.Labels
	times  []int64
	values []float64
}

// series reads whole series; staleness markers are left out.
func (s *server) series(matchers ...*labels.Matcher) []recorded {
	querier, err := s.db.Querier(context.Background(), 0, math.MaxInt64)
	check(err)
	defer querier.Close()
	var all []recorded
	set := querier.Select(true, nil, matchers...)
	for set.Next() {
		one := recorded{labels: set.At().Labels()}
		samples := set.At().Iterator(nil)
		for samples.Next() != 0 {
			t, v := samples.At()
			if !value.IsStaleNaN(v) {
				one.times, one.values = append(one.times, t), append(one.values, v)
			}
		}
		all = append(all, one)
	}
	check(set.Err())
	return all
}

func matching(name, pattern string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchRegexp, name, pattern)
}

// page is what a target exposes at one scrape.
type page struct {
	values     map[string]float64
	histograms map[string]*histogram.Histogram
}

// target appends pages, as the scrape loop does, with staleness markers for what has gone.
type target struct {
	labels map[string]labels.Labels
	refs   map[string]storage.SeriesRef
	shown  map[string]bool
}

func newTarget() *target {
	return &target{labels: map[string]labels.Labels{}, refs: map[string]storage.SeriesRef{}, shown: map[string]bool{}}
}

func (t *target) append(s *server, at int64, shows page) {
	app := s.db.Appender(context.Background())
	now := map[string]bool{}
	add := func(name string, v float64, h *histogram.Histogram) {
		series, known := t.labels[name]
		if !known {
			metric, err := parser.ParseMetric(name)
			check(err)
			series = metric
			t.labels[name] = series
		}
		var ref storage.SeriesRef
		var err error
		if h != nil {
			ref, err = app.AppendHistogram(t.refs[name], series, at, h, nil)
		} else {
			ref, err = app.Append(t.refs[name], series, at, v)
		}
		check(err)
		t.refs[name] = ref
	}
	for name, v := range shows.values {
		add(name, v, nil)
		now[name] = true
	}
	for name, h := range shows.histograms {
		add(name, 0, h)
		now[name] = true
	}
	for name := range t.shown {
		if !now[name] {
			add(name, math.Float64frombits(value.StaleNaN), nil)
		}
	}
	check(app.Commit())
	t.shown = now
}
