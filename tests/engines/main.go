// Plays one scenario with known counts on every ruler that a target is written for, at its real speed, and prints what each of them recorded.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// lasts is how long the scenario is played: three evaluations of long windows and more.
	lasts = 1260 * time.Second
	// The ruler is off from here to there.
	rulerStops, rulerStarts = 700 * time.Second, 760 * time.Second
)

// definitions are what is compiled.
var definitions = map[string]string{
	"slowburn.yaml": `version: slowburn/v1
prometheus: { scrape_interval: 5s, external_labels: [cluster], replica_labels: [replica, rule_replica] }
targets:
  thanos: {}
  mimir: {}
  vmalert: {}
`,
	"web.yaml": `version: slowburn/v1
service: web
missing_events: off
slos:
  availability:
    objective: 99.95%
    sli:
      total: calls_total{job="web"}
      bad: calls_total{job="web",code="500"}
`,
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

// truth is what happens in the scenario.
var truth = struct{ total, bad, slow float64 }{total: 41135, bad: 335, slow: 1000}

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
	}
	return text.String(), true
}

// process is a program that is started, and ended with the rest.
type process struct {
	name string
	args []string
	dir  string
	cmd  *exec.Cmd
}

var (
	lock    sync.Mutex
	running []*process
)

func (p *process) start() {
	log, err := os.OpenFile(filepath.Join(p.dir, p.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	check(err)
	p.cmd = exec.Command(p.args[0], p.args[1:]...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = p.dir, log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	check(p.cmd.Start())
	lock.Lock()
	running = append(running, p)
	lock.Unlock()
}

func (p *process) stop() {
	if p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-done
	}
	p.cmd = nil
}

func stopAll() {
	lock.Lock()
	defer lock.Unlock()
	for i := len(running) - 1; i >= 0; i-- {
		running[i].stop()
	}
	running = nil
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "tests/engines:", err)
		stopAll()
		os.Exit(1)
	}
}

// port is free at the moment it is asked for.
func port() int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func at(port int) string      { return fmt.Sprintf("127.0.0.1:%d", port) }
func address(port int) string { return "http://" + at(port) }

// engine is one way to run the rules.
type engine struct {
	name    string
	version string
	query   string   // below which the HTTP API of Prometheus is
	alerts  string   // below which the ruler tells of its alerts: ALERTS is recorded only from a group's third evaluation on
	ruler   *process // what is stopped for a minute

	lock  sync.Mutex
	fired map[string]bool
}

// look notes which alerts fire now.
func (e *engine) look() {
	response, err := http.Get(e.alerts + "/api/v1/alerts")
	if err != nil {
		return
	}
	defer response.Body.Close()
	var answer struct {
		Data struct {
			Alerts []struct {
				State  string            `json:"state"`
				Labels map[string]string `json:"labels"`
			} `json:"alerts"`
		} `json:"data"`
	}
	if json.NewDecoder(response.Body).Decode(&answer) != nil {
		return
	}
	e.lock.Lock()
	defer e.lock.Unlock()
	for _, alert := range answer.Data.Alerts {
		if alert.State == "firing" {
			e.fired[alert.Labels["service"]+" "+alert.Labels["severity"]] = true
		}
	}
}

// world is where everything runs.
type world struct {
	dir, bin string
	exporter int
	versions map[string]string
}

func (w world) version(name string) string { return w.versions[name] }

func (w world) binary(name string) (string, bool) {
	path := filepath.Join(w.bin, name)
	_, err := os.Stat(path)
	return path, err == nil
}

func (w world) write(path, text string) string {
	path = filepath.Join(w.dir, path)
	check(os.MkdirAll(filepath.Dir(path), 0o755))
	check(os.WriteFile(path, []byte(text), 0o644))
	return path
}

func (w world) process(name string, args ...string) *process {
	dir := filepath.Join(w.dir, name)
	check(os.MkdirAll(dir, 0o755))
	p := &process{name: name, args: args, dir: dir}
	p.start()
	return p
}

// scrapes is the configuration of who scrapes the exporter.
func (w world) scrapes(more string) string {
	job := func(instance string) string {
		return fmt.Sprintf("  - { job_name: %s, metrics_path: /%s, static_configs: [{ targets: ['%s'], labels: { job: web, instance: %s } }] }\n", instance, instance, at(w.exporter), instance)
	}
	return "scrape_configs:\n" + job("a") + job("b") + more
}

func (w world) prometheus(name, program, configuration string, more ...string) (*process, int) {
	port := port()
	file := w.write(name+".yml", configuration)
	args := []string{program, "--config.file=" + file, "--storage.tsdb.path=data", "--web.listen-address=" + at(port), "--log.level=warn"}
	return w.process(name, append(args, more...)...), port
}

const global = "global: { scrape_interval: 5s, evaluation_interval: 30s"

func (w world) plain() *engine {
	program, ok := w.binary("prometheus")
	if !ok {
		return nil
	}
	rules := filepath.Join(w.dir, "out/prometheus/*.yaml")
	p, port := w.prometheus("prometheus", program, global+" }\nrule_files: ['"+rules+"']\n"+w.scrapes(""))
	return &engine{name: "Prometheus", query: address(port), alerts: address(port), ruler: p, version: w.version("prometheus")}
}

func (w world) victoria() *engine {
	store, ok := w.binary("victoria-metrics")
	ruler, also := w.binary("vmalert")
	if !ok || !also {
		return nil
	}
	port, own := port(), port()
	file := w.write("vm.yml", global[:strings.Index(global, ",")]+" }\n"+w.scrapes(""))
	w.process("victoria-metrics", store, "-storageDataPath=data", "-httpListenAddr="+at(port), "-promscrape.config="+file, "-loggerLevel=WARN")
	url := address(port)
	p := w.process("vmalert", ruler, "-rule="+filepath.Join(w.dir, "out/vmalert/*.yaml"), "-datasource.url="+url, "-remoteWrite.url="+url, "-remoteRead.url="+url,
		"-remoteWrite.flushInterval=1s", "-httpListenAddr="+at(own), "-notifier.blackhole", "-disableAlertgroupLabel", "-loggerLevel=WARN")
	return &engine{name: "VictoriaMetrics, vmalert", query: url, alerts: address(own), ruler: p, version: w.version("victoria")}
}

// thanos runs a ruler with its own storage, or one that writes what it records into a Prometheus.
func (w world) thanos(stateless bool) *engine {
	program, ok := w.binary("thanos")
	prometheus, also := w.binary("prometheus")
	if !ok || !also {
		return nil
	}
	name := "thanos"
	if stateless {
		name = "thanos-stateless"
	}
	_, scraper := w.prometheus(name+"-scraper", prometheus, global+", external_labels: { cluster: one, replica: a } }\n"+w.scrapes(""), "--web.enable-remote-write-receiver")
	sidecar := func(name string, prometheus int, data string) string {
		grpc := port()
		w.process(name, program, "sidecar", "--prometheus.url="+address(prometheus), "--tsdb.path="+data, "--grpc-address="+at(grpc), "--http-address="+at(port()), "--log.level=warn")
		return "--endpoint=" + at(grpc)
	}
	endpoints := []string{sidecar(name+"-sidecar", scraper, filepath.Join(w.dir, name+"-scraper/data"))}
	query, grpc, own := port(), port(), port()
	args := []string{program, "rule", "--data-dir=data", "--eval-interval=30s", "--rule-file=" + filepath.Join(w.dir, "out/thanos/*.yaml"), "--query=" + address(query),
		"--label=cluster=\"one\"", "--label=rule_replica=\"a\"", "--alert.label-drop=rule_replica", "--http-address=" + at(own), "--grpc-address=" + at(grpc), "--log.level=warn"}
	if stateless {
		// What it records belongs where the raw series are: with labels of another place it would not meet them.
		file := w.write(name+"-write.yml", "remote_write:\n  - { url: '"+address(scraper)+"/api/v1/write', queue_config: { batch_send_deadline: 1s } }\n")
		args = append(args, "--remote-write.config-file="+file)
	} else {
		endpoints = append(endpoints, "--endpoint="+at(grpc))
	}
	w.process(name+"-query", append([]string{program, "query", "--http-address=" + at(query), "--grpc-address=" + at(port()), "--query.replica-label=replica", "--query.replica-label=rule_replica", "--log.level=warn"}, endpoints...)...)
	p := w.process(name+"-rule", args...)
	title := "Thanos Ruler, own storage"
	if stateless {
		title = "Thanos Ruler, stateless"
	}
	return &engine{name: title, query: address(query), alerts: address(own), ruler: p, version: w.version("thanos")}
}

func (w world) mimir() *engine {
	program, ok := w.binary("mimir")
	tool, also := w.binary("mimirtool")
	prometheus, third := w.binary("prometheus")
	if !ok || !also || !third {
		return nil
	}
	http, grpc, gossip := port(), port(), port()
	configuration := fmt.Sprintf(`multitenancy_enabled: false
target: all
server: { http_listen_address: 127.0.0.1, http_listen_port: %d, grpc_listen_address: 127.0.0.1, grpc_listen_port: %d, log_level: warn }
common: { storage: { backend: filesystem, filesystem: { dir: %s } } }
blocks_storage: { storage_prefix: blocks, tsdb: { dir: tsdb }, bucket_store: { sync_dir: sync } }
memberlist: { bind_addr: [127.0.0.1], bind_port: %d }
ingester: { ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist }, replication_factor: 1 } }
distributor: { ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist } } }
compactor: { data_dir: compactor, sharding_ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist } } }
store_gateway: { sharding_ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist }, replication_factor: 1 } }
ruler: { rule_path: rules, poll_interval: 5s, ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist } } }
ruler_storage: { storage_prefix: ruler }
frontend: { address: 127.0.0.1 }
query_scheduler: { ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist } } }
usage_stats: { enabled: false }
`, http, grpc, filepath.Join(w.dir, "mimir/bucket"), gossip)
	p := w.process("mimir", program, "-config.file="+w.write("mimir.yml", configuration))
	w.prometheus("mimir-scraper", prometheus, global+" }\nremote_write: [{ url: '"+address(http)+"/api/v1/push' }]\n"+w.scrapes(""))
	files, err := filepath.Glob(filepath.Join(w.dir, "out/mimir/*.yaml"))
	check(err)
	load := append([]string{"rules", "load", "--address=" + address(http), "--id=anonymous"}, files...)
	for attempt := 0; ; attempt++ {
		said, err := exec.Command(tool, load...).CombinedOutput()
		if err == nil {
			break
		}
		if attempt == 60 {
			check(fmt.Errorf("mimirtool rules load: %v: %s", err, said))
		}
		time.Sleep(2 * time.Second)
	}
	return &engine{name: "Mimir", query: address(http) + "/prometheus", alerts: address(http) + "/prometheus", ruler: p, version: w.version("mimir")}
}

// number is the answer to a query; NaN if there is none.
func (e *engine) number(query string) float64 {
	response, err := http.Get(e.query + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		return math.NaN()
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &answer) != nil || len(answer.Data.Result) == 0 {
		return math.NaN()
	}
	value, err := strconv.ParseFloat(answer.Data.Result[0].Value[1].(string), 64)
	if err != nil {
		return math.NaN()
	}
	return value
}

func main() {
	bin := flag.String("bin", "target/engines", "where the programs are")
	slowburn := flag.String("slowburn", "target/debug/slowburn", "the compiler")
	said := flag.String("versions", "", "what the programs are: prometheus=2.42,thanos=…")
	keep := flag.Bool("keep", false, "keep the folder with logs and data")
	flag.Parse()
	dir, err := os.MkdirTemp("", "slowburn-engines")
	check(err)
	if *keep {
		fmt.Println("everything is in", dir)
	} else {
		defer os.RemoveAll(dir)
	}
	defer stopAll()
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() { <-interrupted; stopAll(); os.Exit(1) }()

	absolute, err := filepath.Abs(*bin)
	check(err)
	compiler, err := filepath.Abs(*slowburn)
	check(err)
	w := world{dir: dir, bin: absolute, exporter: port(), versions: map[string]string{}}
	for _, pair := range strings.Split(*said, ",") {
		if name, version, ok := strings.Cut(pair, "="); ok {
			w.versions[name] = version
		}
	}
	for name, text := range definitions {
		w.write("slos/"+name, text)
	}
	compile := exec.Command(compiler, "compile")
	compile.Dir = dir
	output, err := compile.CombinedOutput()
	if err != nil {
		check(fmt.Errorf("slowburn compile: %v: %s", err, output))
	}

	var begun atomic.Int64
	elapsed := func() float64 {
		if start := begun.Load(); start != 0 {
			return time.Since(time.Unix(0, start)).Seconds()
		}
		return 0
	}
	handler := http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		text, ok := exposition(strings.Trim(request.URL.Path, "/"), elapsed())
		if !ok {
			answer.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(answer, text)
	})
	go func() { check(http.ListenAndServe(at(w.exporter), handler)) }()

	var engines []*engine
	add := func(name string, e *engine) {
		if e == nil {
			fmt.Printf("skipped: %s: its programs are not in %s\n", name, absolute)
			return
		}
		engines = append(engines, e)
	}
	add("Prometheus", w.plain())
	add("VictoriaMetrics", w.victoria())
	add("Thanos Ruler, own storage", w.thanos(false))
	add("Thanos Ruler, stateless", w.thanos(true))
	add("Mimir", w.mimir())

	begun.Store(time.Now().UnixNano())
	wait := func(until time.Duration) {
		time.Sleep(time.Until(time.Unix(0, begun.Load()).Add(until)))
	}
	fmt.Printf("%d engines run; the scenario takes %v\n", len(engines), lasts)
	for _, e := range engines {
		e.fired = map[string]bool{}
		go func(e *engine) {
			for ; ; time.Sleep(10 * time.Second) {
				e.look()
			}
		}(e)
	}
	wait(rulerStops)
	for _, e := range engines {
		e.ruler.stop()
	}
	wait(rulerStarts)
	for _, e := range engines {
		e.ruler.start()
	}
	wait(lasts)

	row := "%-26s %-10s %9s %9s %9s %6s %7s %8s\n"
	fmt.Printf(row, "engine", "version", "events", "bad", "slow", "page", "ticket", "budget")
	figure := func(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }
	fmt.Printf(row, "truth", "", figure(truth.total), figure(truth.bad), figure(truth.slow), "yes", "yes", "yes")
	wrong := 0
	for _, e := range engines {
		count := func(side, service string) float64 {
			return e.number(fmt.Sprintf(`sum(sum_over_time(slo:%s_events:increase30s{service="%s"}[25m]))`, side, service))
		}
		yes := func(query string) string {
			if value := e.number(query); value > 0 {
				return "yes"
			}
			return "no"
		}
		alert := func(severity string) string {
			e.lock.Lock()
			defer e.lock.Unlock()
			if e.fired["web "+severity] {
				return "yes"
			}
			return "no"
		}
		total, bad, slow := count("total", "web"), count("bad", "web"), count("bad", "slow")
		page, ticket := alert("page"), alert("ticket")
		budget := yes(`count(last_over_time(slo:period_error_budget_remaining:ratio{service="web"}[15m]))`)
		fmt.Printf(row, e.name, e.version, figure(total), figure(bad), figure(slow), page, ticket, budget)
		if total != truth.total || bad != truth.bad || slow != truth.slow || page != "yes" || ticket != "yes" || budget != "yes" {
			wrong++
		}
	}
	if wrong > 0 {
		fmt.Printf("%d of %d engines recorded something else\n", wrong, len(engines))
		stopAll()
		os.Exit(1)
	}
	fmt.Println("every engine recorded what happened")
}
