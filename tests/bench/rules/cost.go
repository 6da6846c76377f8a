package main

// What rules cost a running Prometheus: the samples that every expression reads and the time it takes, as Prometheus itself reports them, and the time of whole groups, from
// the metrics that it exposes.

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/go-kit/log"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

// service is an SLO over so many raw series, two fifths of which count bad events.
type service struct {
	name   string
	series []labels.Labels
}

func newService(name string, n int) service {
	s := service{name: name}
	// Ten series on every instance.
	for i := 0; i < n; i++ {
		code := "200"
		if i%10 >= 6 {
			code = "500"
		}
		s.series = append(s.series, labels.FromStrings("__name__", "http_requests_total", "job", name,
			"instance", fmt.Sprintf("%s-%d:8000", name, i/10), "code", code, "path", fmt.Sprint("/", i%10)))
	}
	return s
}

func (s service) total() string { return fmt.Sprintf(`http_requests_total{job="%s"}`, s.name) }
func (s service) bad() string {
	return fmt.Sprintf(`http_requests_total{job="%s",code=~"5.."}`, s.name)
}

// slos writes the sources of services, so many in one file, and compiles them.
func compileServices(dir string, services []service) []string {
	sources, out := filepath.Join(dir, "slos"), filepath.Join(dir, "out")
	check(os.MkdirAll(sources, 0o755))
	check(os.WriteFile(filepath.Join(sources, "slowburn.yaml"), []byte("version: slowburn/v1\n"), 0o644))
	contract := "# TYPE http_requests_total counter\nhttp_requests_total{code=\"200\",path=\"/0\"} 1\nhttp_requests_total{code=\"500\",path=\"/9\"} 1\n"
	check(os.WriteFile(filepath.Join(sources, "shop.prom"), []byte(contract), 0o644))
	for _, s := range services {
		text := fmt.Sprintf("version: slowburn/v1\nservice: %s\nmetrics: shop.prom\nslos:\n  availability:\n    objective: 99.9%%\n    sli: { total: '%s', bad: '%s' }\n", s.name, s.total(), s.bad())
		check(os.WriteFile(filepath.Join(sources, s.name+".yaml"), []byte(text), 0o644))
	}
	runCompiler(sources, out)
	var files []string
	for _, s := range services {
		files = append(files, filepath.Join(out, "prometheus", s.name+".rules.yaml"))
	}
	return files
}

// filling is a series to be written: one sample for every interval.
type filling struct {
	series      labels.Labels
	from, every int64
	value       func(at int64) float64
}

// history writes everything that was scraped and recorded until a minute ago: the last three hours into the head, as in a Prometheus that runs, what is older into
// blocks of a day. What is recorded is made up: how long a query takes does not depend on values.
func history(data string, services []service, files []string, raw int64, now int64) {
	until := now - minute
	var all []filling
	for _, s := range services {
		for i, series := range s.series {
			series := series
			all = append(all, filling{series, until - raw + int64(i/10)*731%15000, 15 * second, func(at int64) float64 {
				if series.Get("code") == "500" {
					return 1_000_000
				}
				return float64((at - until + 40*day) / 150)
			}})
		}
		ratio := labels.FromStrings("__name__", "peer:ratio5m", "job", s.name)
		if raw > day {
			all = append(all, filling{ratio, until - 30*day, 30 * second, func(at int64) float64 { return 0.0005 + float64(at/30000%7)/1e5 }})
		}
	}
	for index, file := range files {
		parsed, errs := rulefmt.ParseFile(file)
		if len(errs) > 0 {
			fail("%v", errs)
		}
		instances := map[string]bool{}
		for _, series := range services[index].series {
			instances[series.Get("instance")] = true
		}
		for _, group := range parsed.Groups {
			every := time.Duration(group.Interval).Milliseconds()
			for _, rule := range group.Rules {
				if rule.Record.Value == "" {
					continue
				}
				// As far back as anything reads.
				back := 7 * hour
				if every >= slow {
					back = day
				}
				if strings.Contains(rule.Record.Value, ":tile") {
					back = 31 * day
				}
				// A rule of all SLOs sets no labels: its results have those of what it reads.
				builder := labels.NewBuilder(labels.FromMap(rule.Labels)).Set("__name__", rule.Record.Value)
				builder.Set("service", services[index].name).Set("slo", "availability")
				made := []labels.Labels{builder.Labels(labels.EmptyLabels())}
				// What is kept for each target and side.
				if strings.HasPrefix(rule.Record.Value, "slo:events:") {
					made = nil
					sides := []string{rule.Labels["events"]}
					if sides[0] == "" {
						sides = []string{"good", "bad"}
					}
					for _, side := range sides {
						for _, instance := range sorted(instances) {
							builder.Set("events", side).Set("job", services[index].name).Set("instance", instance)
							made = append(made, builder.Labels(labels.EmptyLabels()))
						}
					}
				}
				// Every group has a moment of its own.
				shift := int64(labels.FromStrings("group", group.Name).Hash() % uint64(every))
				// A healthy service: what fires everywhere at once is no load that anybody has.
				healthy := strings.Contains(rule.Record.Value, "bad") || strings.Contains(rule.Record.Value, "ratio")
				for _, series := range made {
					all = append(all, filling{series, until - back - shift, every, func(at int64) float64 {
						if healthy {
							return 0
						}
						return float64(100 + at/every%7)
					}})
				}
			}
		}
	}
	head := until - 3*hour
	write := func(appendable interface {
		Appender(context.Context) storage.Appender
	}, from, to int64) bool {
		n := 0
		for _, f := range all {
			first := f.from
			if first < from {
				first += (from - first + f.every - 1) / f.every * f.every
			}
			if first >= to {
				continue
			}
			app := appendable.Appender(context.Background())
			var ref storage.SeriesRef
			for at := first; at < to; at += f.every {
				var err error
				ref, err = app.Append(ref, f.series, at, f.value(at))
				check(err)
				n++
			}
			check(app.Commit())
		}
		return n > 0
	}
	for from := until - 40*day; from < head; from += day {
		to := from + day
		if to > head {
			to = head
		}
		writer, err := tsdb.NewBlockWriter(log.NewNopLogger(), data, 2*day)
		check(err)
		if write(writer, from, to) {
			_, err = writer.Flush(context.Background())
			check(err)
		}
		check(writer.Close())
	}
	options := tsdb.DefaultOptions()
	options.RetentionDuration = 1000 * day
	db, err := tsdb.Open(data, log.NewNopLogger(), nil, options, nil)
	check(err)
	db.DisableCompactions()
	// A head takes nothing that is an hour older than the newest sample.
	for from := head; from < until; from += 30 * minute {
		to := from + 30*minute
		if to > until {
			to = until
		}
		write(db, from, to)
	}
	check(db.Close())
}

// prometheus is the real one, on loopback, which scrapes what the bench serves.
type prometheus struct {
	command *exec.Cmd
	served  net.Listener
	address string
	log     string
}

func startPrometheus(dir, data string, services []service, files []string) *prometheus {
	served, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	started := time.Now()
	go http.Serve(served, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		out := bufio.NewWriter(w)
		n := 1_000_000 + int64(100*time.Since(started).Seconds()/15)
		for _, s := range services {
			for _, series := range s.series {
				counted := n
				if series.Get("code") == "500" {
					counted = 1_000_000
				}
				fmt.Fprintf(out, "http_requests_total{job=%q,instance=%q,code=%q,path=%q} %d\n", series.Get("job"), series.Get("instance"), series.Get("code"), series.Get("path"), counted)
			}
		}
		out.Flush()
	}))
	port := free()
	config := fmt.Sprintf("global: { scrape_interval: 15s, evaluation_interval: 30s }\nscrape_configs:\n  - { job_name: bench, honor_labels: true, static_configs: [{ targets: ['%s'] }] }\n", served.Addr())
	if len(files) > 0 {
		config += "rule_files: ['" + strings.Join(files, "', '") + "']\n"
	}
	path := filepath.Join(dir, "prometheus.yml")
	check(os.WriteFile(path, []byte(config), 0o644))
	p := &prometheus{served: served, address: fmt.Sprintf("http://127.0.0.1:%d", port), log: filepath.Join(dir, "prometheus.log")}
	p.command = exec.Command(*binary, "--config.file="+path, "--storage.tsdb.path="+data, fmt.Sprintf("--web.listen-address=127.0.0.1:%d", port),
		"--storage.tsdb.retention.time=1000d",
		// So that no compaction runs while something is measured.
		"--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h", "--query.max-samples=200000000", "--query.timeout=10m")
	out, err := os.Create(p.log)
	check(err)
	p.command.Stdout, p.command.Stderr = out, out
	check(p.command.Start())
	for i := 0; ; i++ {
		answer, err := http.Get(p.address + "/-/ready")
		if err == nil && answer.StatusCode == http.StatusOK {
			return p
		}
		if i == 600 {
			text, _ := os.ReadFile(p.log)
			p.stop()
			fail("Prometheus does not start:\n%s", text)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func free() int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func (p *prometheus) stop() {
	p.served.Close()
	p.command.Process.Kill()
	p.command.Wait()
}

func (p *prometheus) get(path string) string {
	answer, err := http.Get(p.address + path)
	check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(err)
	return string(text)
}

// spent is what expressions read, and how long that took.
type spent struct {
	samples int64
	seconds float64
	rules   int
}

func (s spent) plus(other spent) spent {
	return spent{s.samples + other.samples, s.seconds + other.seconds, s.rules + other.rules}
}

func (s spent) times(n float64) spent {
	return spent{int64(float64(s.samples) * n), s.seconds * n, s.rules}
}

// ask has an expression evaluated so many times; the time is the shortest, since whatever else the machine does only adds to it.
func (p *prometheus) ask(query string, times int) spent {
	var seconds []float64
	var samples int64
	for i := 0; i < times; i++ {
		text := p.get("/api/v1/query?stats=all&query=" + url.QueryEscape(query))
		var answer struct {
			Status, Error string
			Data          struct {
				Stats struct {
					Timings struct{ EvalTotalTime float64 }
					Samples struct{ TotalQueryableSamples int64 }
				}
			}
		}
		check(json.Unmarshal([]byte(text), &answer))
		if answer.Status != "success" {
			fail("%s: %s", query, answer.Error)
		}
		seconds = append(seconds, answer.Data.Stats.Timings.EvalTotalTime)
		samples = answer.Data.Stats.Samples.TotalQueryableSamples
	}
	sort.Float64s(seconds)
	return spent{samples, seconds[0], 1}
}

// costs asks every rule of a file, by group interval; derived is what those of the quick ones take that read no raw series.
func (p *prometheus) costs(file string) (quick, derived, long spent, series int) {
	parsed, errs := rulefmt.ParseFile(file)
	if len(errs) > 0 {
		fail("%v", errs)
	}
	for _, group := range parsed.Groups {
		for _, rule := range group.Rules {
			one := p.ask(rule.Expr.Value, 7)
			if *verbose {
				fmt.Printf("%8d %8.3fms %s%s\n", one.samples, one.seconds*1000, rule.Record.Value, rule.Alert.Value)
			}
			if rule.Record.Value != "" {
				series++
			}
			if time.Duration(group.Interval).Milliseconds() >= slow {
				long = long.plus(one)
			} else {
				quick = quick.plus(one)
				if !strings.Contains(rule.Expr.Value, "http_requests_total") {
					derived = derived.plus(one)
				}
			}
		}
	}
	return quick, derived, long, series
}

// barest is the least that can be read of counters at every evaluation: no birth, restart, gap or missed evaluation is made good.
func (p *prometheus) barest(s service) spent {
	gained := func(selector string) spent { return p.ask(fmt.Sprintf("sum(%[1]s - %[1]s offset 30s)", selector), 7) }
	return gained(s.total()).plus(gained(s.bad()))
}

// rawForm is every window of the default policy straight from raw counters.
func (p *prometheus) rawForm(s service) spent {
	var all spent
	for _, window := range []string{"5m", "30m", "1h", "2h", "6h", "1d", "3d"} {
		all = all.plus(p.ask(fmt.Sprintf("sum(rate(%s[%s])) / sum(rate(%s[%s]))", s.bad(), window, s.total(), window), 3))
	}
	return all
}

func (p *prometheus) averaged(s service) spent {
	series := fmt.Sprintf(`peer:ratio5m{job="%s"}[30d]`, s.name)
	return p.ask("sum_over_time("+series+") / count_over_time("+series+")", 3)
}

func (p *prometheus) increased(s service) spent {
	return p.ask(fmt.Sprintf("sum(increase(%s[30d])) / sum(increase(%s[30d]))", s.bad(), s.total()), 1)
}

const costHead = `
COST of one SLO, scraped every 15 s: samples as Prometheus counts them, time as it takes them, the shortest of several

First every rule evaluated once, then an hour of evaluations: the raw form has one interval for all its rules, slowburn evaluates long windows once in ten. What a server
pays is the second, so the bounds are held against it.
`

// The bounds at 200 series: how many times more the raw form must read and take; and what the time has been found to be, so that it does not get worse unseen.
const (
	fewerSamples = 300
	lessTime     = 100
)

// cost measures and prints the second table. It returns the bounds that broke.
func cost(dir string) []string {
	var broken []string
	sizes := []int{1, 20, 200}
	if *short {
		sizes = []int{200}
	}
	var services []service
	for _, n := range sizes {
		services = append(services, newService(fmt.Sprint("shop", n), n))
	}
	folder := filepath.Join(dir, "cost")
	files := compileServices(folder, services)
	data := filepath.Join(folder, "data")
	raw := 3*day + hour
	if !*short {
		raw = 30*day + hour
	}
	history(data, services, files, raw, time.Now().UnixMilli())
	p := startPrometheus(folder, data, services, nil)
	defer func() { p.stop() }()
	// Two scrapes, so that the counters' last value is there.
	time.Sleep(32 * time.Second)
	fmt.Print(costHead, "\n")
	row("", "raw series", "samples", "ms", "samples/h", "ms/h")
	line := func(name string, n int, once, hourly spent) {
		row(name, n, once.samples, fmt.Sprintf("%.3g", once.seconds*1000), hourly.samples, fmt.Sprintf("%.4g", hourly.seconds*1000))
	}
	for i, s := range services {
		quick, derived, long, series := p.costs(files[i])
		once, hourly := quick.plus(long), quick.times(120).plus(long.times(12))
		line("slowburn, the group of 30s", sizes[i], quick, quick.times(120))
		line("slowburn, the group of 5m", sizes[i], long, long.times(12))
		line(fmt.Sprintf("slowburn, %d recorded series", series), sizes[i], once, hourly)
		windows := p.rawForm(s)
		averaged := windows.plus(p.averaged(s))
		line("raw windows, period averaged, every 30s", sizes[i], averaged, averaged.times(120))
		if !*short {
			increased := windows.plus(p.increased(s))
			line("raw windows, raw period, every 30s", sizes[i], increased, increased.times(120))
			fmt.Printf("  the raw form with its raw period reads %.0f times the samples and takes %.0f times as long; by the hour %.0f and %.0f times\n",
				float64(increased.samples)/float64(once.samples), increased.seconds/once.seconds,
				float64(increased.samples)*120/float64(hourly.samples), increased.seconds*120/hourly.seconds)
		}
		samples, seconds := float64(averaged.samples)/float64(once.samples), averaged.seconds/once.seconds
		samplesHourly, secondsHourly := float64(averaged.samples)*120/float64(hourly.samples), averaged.seconds*120/hourly.seconds
		fmt.Printf("  the raw form with its averaged period reads %.0f times the samples and takes %.0f times as long; by the hour %.0f and %.0f times\n", samples, seconds, samplesHourly, secondsHourly)
		barest := derived.plus(p.barest(s)).times(120).plus(long.times(12))
		fmt.Printf("  if counters were compared with what they were 30 seconds ago, and nothing else were looked at: by the hour %.0f times the samples and %.0f times as long\n",
			float64(averaged.samples)*120/float64(barest.samples), averaged.seconds*120/barest.seconds)
		if sizes[i] == 200 {
			if samplesHourly < fewerSamples {
				broken = append(broken, fmt.Sprintf("at 200 series the raw form reads only %.0f times the samples, not %d", samplesHourly, fewerSamples))
			}
			if secondsHourly < lessTime {
				text := fmt.Sprintf("at 200 series the raw form takes only %.0f times as long, not %d", secondsHourly, lessTime)
				// Times are the machine's of the moment: in a test they are told and decide nothing. Samples decide.
				if *short {
					fmt.Println("  known to be broken:", text)
				} else {
					broken = append(broken, text)
				}
			}
		}
	}
	p.stop()
	check(os.RemoveAll(folder))
	if *short {
		return broken
	}
	weigh(filepath.Join(dir, "weigh"))
	return broken
}

// loads runs many SLOs at once. It returns the bounds that broke.
func loads(dir string) []string {
	var broken []string
	fmt.Print(loadHead, "\n")
	row("", "groups", "processor", "for rules", "their durations", "missed", "failed")
	for _, n := range []int{1, 50, 500} {
		share, missed, failed := load(filepath.Join(dir, fmt.Sprint("load", n)), n)
		if missed > 0 {
			// What was not evaluated took no time: then the share says nothing.
			broken = append(broken, fmt.Sprintf("of %d SLOs %v evaluations were missed", n, missed))
		}
		if share > 0.1 {
			broken = append(broken, fmt.Sprintf("the rules of %d SLOs take %.1f%% of two cores", n, share*100))
		}
		if failed > 0 {
			broken = append(broken, fmt.Sprintf("of %d SLOs %v evaluations failed", n, failed))
		}
	}
	return broken
}

const loadHead = `
LOAD of many SLOs over 20 raw series each, in a running Prometheus, as a share of two cores

"processor" is all that Prometheus used for five minutes, "for rules" is that less what the same server used without them; "their durations" is the sum of the last duration of every rule group by its interval, which
grows with whatever else the machine does.
`

// weigh plays a day and prints what it adds to blocks.
func weigh(dir string) {
	s := &scenario{name: "a day", kind: kinds["events"], policy: workbook, scrape: 15 * second, latency: 50, instances: 10, length: 26 * hour, traffic: shaped(dayAndNight, 0.0005)}
	s.inspect = func(server *server, _ *world, _ map[string][]int64) {
		row("", "series", "samples", "bytes per day")
		for _, part := range []struct{ name, pattern string }{{"recorded by slowburn", "slo:.*|ALERTS.*"}, {"the raw counters beneath", "http_requests_total"}} {
			folder := filepath.Join(dir, part.name)
			writer, err := tsdb.NewBlockWriter(log.NewNopLogger(), folder, 3*day)
			check(err)
			series, samples := 0, 0
			for _, one := range server.series(matching("__name__", part.pattern)) {
				app := writer.Appender(context.Background())
				n := 0
				for i, at := range one.times {
					if at >= begin+2*hour {
						_, err := app.Append(0, one.labels, at, one.values[i])
						check(err)
						n++
					}
				}
				check(app.Commit())
				if n > 0 {
					series, samples = series+1, samples+n
				}
			}
			_, err = writer.Flush(context.Background())
			check(err)
			var bytes int64
			check(filepath.Walk(folder, func(_ string, info os.FileInfo, err error) error {
				bytes += info.Size()
				return err
			}))
			row(part.name, series, samples, bytes)
		}
	}
	play(dir, s)
}

// row prints one line of a table whose first column is wide.
func row(columns ...any) {
	for i, c := range columns {
		width := 15
		if i == 0 {
			width = 42
		}
		fmt.Printf("%-*v", width, c)
	}
	fmt.Println()
}

// load runs so many SLOs of 20 series in a real Prometheus until every group was evaluated, and returns the share of two cores that goes
// into it, and how many evaluations were missed and failed.
func load(dir string, n int) (share, missed, failed float64) {
	var services []service
	for i := 0; i < n; i++ {
		services = append(services, newService(fmt.Sprintf("shop-%d", i), 20))
	}
	files := compileServices(dir, services)
	data := filepath.Join(dir, "data")
	history(data, services, files, 20*minute, time.Now().UnixMilli())
	p := startPrometheus(dir, data, services, nil)
	defer func() { p.stop() }()
	scrapes := p.busy(120 * time.Second)
	p.stop()
	p = startPrometheus(dir, data, services, files)
	all := p.busy(300 * time.Second)
	share = all - scrapes
	var durations, evaluated float64
	intervals := p.metrics("prometheus_rule_group_interval_seconds")
	lasts := p.metrics("prometheus_rule_group_last_duration_seconds")
	for group, last := range lasts {
		if last > 0 {
			evaluated++
		}
		durations += last / intervals[group] / 2
	}
	for _, v := range p.metrics("prometheus_rule_group_iterations_missed_total") {
		missed += v
	}
	for _, v := range p.metrics("prometheus_rule_evaluation_failures_total") {
		failed += v
	}
	row(fmt.Sprint(n, " SLOs"), fmt.Sprintf("%.0f of %d", evaluated, len(lasts)), fmt.Sprintf("%.2f%%", all*100), fmt.Sprintf("%.2f%%", share*100), fmt.Sprintf("%.2f%%", durations*100), missed, failed)
	p.stop()
	check(os.RemoveAll(dir))
	return share, missed, failed
}

// busy is the share of two cores that Prometheus uses for a while. What starting takes is not counted.
func (p *prometheus) busy(while time.Duration) float64 {
	time.Sleep(35 * time.Second)
	before, since := p.processor(), time.Now()
	time.Sleep(while)
	return (p.processor() - before) / time.Since(since).Seconds() / 2
}

// value is the one value that a query answers.
func (p *prometheus) value(query string) float64 {
	text := p.get("/api/v1/query?query=" + url.QueryEscape(query))
	var answer struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	check(json.Unmarshal([]byte(text), &answer))
	if len(answer.Data.Result) != 1 {
		fail("%s: %s", query, text)
	}
	v, err := strconv.ParseFloat(answer.Data.Result[0].Value[1].(string), 64)
	check(err)
	return v
}

// processor is the processor time that Prometheus has used, in seconds.
func (p *prometheus) processor() float64 {
	for _, line := range strings.Split(p.get("/metrics"), "\n") {
		if strings.HasPrefix(line, "process_cpu_seconds_total ") {
			v, err := strconv.ParseFloat(strings.Fields(line)[1], 64)
			check(err)
			return v
		}
	}
	fail("Prometheus does not say how much processor time it used")
	return 0
}

// metrics reads what Prometheus exposes about itself, by rule group.
func (p *prometheus) metrics(name string) map[string]float64 {
	values := map[string]float64{}
	for _, line := range strings.Split(p.get("/metrics"), "\n") {
		if !strings.HasPrefix(line, name+"{") {
			continue
		}
		end := strings.LastIndex(line, " ")
		metric, err := parser.ParseMetric(line[:end])
		check(err)
		v, err := strconv.ParseFloat(line[end+1:], 64)
		check(err)
		values[metric.Get("rule_group")] = v
	}
	return values
}
