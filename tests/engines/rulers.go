// The rulers: how each of them is started, fed, and given its rules.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// engine is one way to run the rules.
type engine struct {
	name    string
	version string
	query   string     // below which the HTTP API of Prometheus is
	alerts  string     // below which the ruler tells of its alerts: ALERTS is recorded only from a group's third evaluation on
	ruler   *process   // what is stopped for a minute
	replica []*process // one of two that scrape, with what belongs to it; stopped for a minute, too
	// Whoever chooses between two replicas while it answers may count what one scrape shows once more, or count it late.
	chooses bool
	// Whoever takes a series as ended because its last sample is old counts nothing of samples that come late.
	hides bool

	lock  sync.Mutex
	fired map[string]bool
	// When what is left of a budget was first recorded.
	budgetFrom time.Duration
}

// look notes which alerts fire now, and since when there is a budget.
func (e *engine) look(since time.Duration) {
	if e.budgetFrom == 0 && !math.IsNaN(e.number(`last_over_time(slo:period_error_budget_remaining:ratio{service="web"}[15m])`)) {
		e.lock.Lock()
		e.budgetFrom = since
		e.lock.Unlock()
	}
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

// world is where everything runs.
type world struct {
	dir, bin string
	exporter int
	versions map[string]string
	post     *post
}

// binaries are the programs of these names, if all of them are there.
func (w world) binaries(names ...string) ([]string, bool) {
	var paths []string
	for _, name := range names {
		path := filepath.Join(w.bin, name)
		if _, err := os.Stat(path); err != nil {
			return nil, false
		}
		paths = append(paths, path)
	}
	return paths, true
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

// scrapes is the configuration of who scrapes the instances of these jobs.
func (w world) scrapes(jobs ...string) string {
	text := "scrape_configs:\n"
	var names []string
	for name := range instances {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, job := range jobs {
			if instances[name] == job {
				text += fmt.Sprintf("  - { job_name: %[1]s, metrics_path: /%[1]s, static_configs: [{ targets: ['%[2]s'], labels: { job: %[3]s, instance: %[1]s } }] }\n", name, at(w.exporter), job)
			}
		}
	}
	return text
}

const interval = "scrape_interval: 5s"

// global is the head of a configuration of Prometheus.
func global(labels string) string {
	return "global: { " + interval + ", evaluation_interval: 30s, external_labels: { " + labels + " } }\n"
}

// writes is the part of a configuration that writes all samples somewhere.
func writes(url string) string {
	return "remote_write: [{ url: '" + url + "', queue_config: { batch_send_deadline: 1s }, metadata_config: { send: false } }]\n"
}

// takes is what a Prometheus needs that others write to.
const takes = "storage: { tsdb: { out_of_order_time_window: 5m } }\n"

func (w world) prometheus(name, program, configuration string) (*process, int) {
	port := port()
	file := w.write(name+".yml", configuration)
	args := []string{program, "--config.file=" + file, "--storage.tsdb.path=data", "--web.listen-address=" + at(port), "--web.enable-remote-write-receiver", "--log.level=warn"}
	return w.process(name, args...), port
}

// pair starts two Prometheus servers that scrape the same and write it to one store.
func (w world) pair(name, program, url string, labels func(replica string) string) []*process {
	var both []*process
	for _, replica := range []string{"one", "two"} {
		p, _ := w.prometheus(name+"-"+replica, program, global(labels(replica))+writes(url)+w.scrapes("web", "pair"))
		both = append(both, p)
	}
	return both[:1]
}

// Two Prometheus servers evaluate each for itself, so that the loss of one is what the ruler's is.
func (w world) plain() *engine {
	program, ok := w.binaries("prometheus")
	if !ok {
		return nil
	}
	rules := filepath.Join(w.dir, "out/prometheus/*.yaml")
	p, port := w.prometheus("prometheus", program[0], global("")+takes+"rule_files: ['"+rules+"']\n"+w.scrapes("web", "pair"))
	w.post.to("Prometheus", address(port)+"/api/v1/write")
	return &engine{name: "Prometheus", query: address(port), alerts: address(port), ruler: p, version: w.versions["prometheus"]}
}

// victoria runs VictoriaMetrics with the flag that the manual asks for, or as it comes.
func (w world) victoria(bare bool) *engine {
	program, ok := w.binaries("victoria-metrics", "vmalert", "prometheus")
	if !ok {
		return nil
	}
	name, title := "victoria", "VictoriaMetrics, vmalert"
	flags := []string{"-search.minStalenessInterval=5m"}
	if bare {
		name, title, flags = "victoria-bare", "VictoriaMetrics without its flag", nil
	}
	port, own := port(), port()
	w.process(name+"-metrics", append([]string{program[0], "-storageDataPath=data", "-httpListenAddr=" + at(port), "-dedup.minScrapeInterval=5s", "-loggerLevel=WARN"}, flags...)...)
	url := address(port)
	replica := w.pair(name, program[2], url+"/api/v1/write", func(string) string { return "" })
	w.post.to(title, url+"/api/v1/write")
	p := w.process(name+"-vmalert", program[1], "-rule="+filepath.Join(w.dir, "out/vmalert/*.yaml"), "-datasource.url="+url, "-remoteWrite.url="+url, "-remoteRead.url="+url,
		"-remoteWrite.flushInterval=1s", "-httpListenAddr="+at(own), "-notifier.blackhole", "-disableAlertgroupLabel", "-loggerLevel=WARN")
	return &engine{name: title, query: url, alerts: address(own), ruler: p, replica: replica, hides: bare, version: w.versions["victoria"]}
}

// thanos runs a ruler with its own storage, or one that writes what it records to both Prometheus servers.
func (w world) thanos(stateless bool) *engine {
	program, ok := w.binaries("thanos", "prometheus")
	if !ok {
		return nil
	}
	name, title := "thanos", "Thanos Ruler, own storage"
	if stateless {
		name, title = "thanos-stateless", "Thanos Ruler, stateless"
	}
	var endpoints []string
	var replica []*process
	var written strings.Builder
	for _, one := range []string{"one", "two"} {
		scraper, prometheus := w.prometheus(name+"-"+one, program[1], global("cluster: one, replica: "+one)+takes+w.scrapes("web", "pair"))
		w.post.to(title, address(prometheus)+"/api/v1/write")
		grpc := port()
		sidecar := w.process(name+"-sidecar-"+one, program[0], "sidecar", "--prometheus.url="+address(prometheus), "--tsdb.path="+filepath.Join(w.dir, name+"-"+one, "data"),
			"--grpc-address="+at(grpc), "--http-address="+at(port()), "--prometheus.get_config_interval=5s", "--log.level=warn")
		endpoints = append(endpoints, "--endpoint="+at(grpc))
		fmt.Fprintf(&written, "  - { name: %s, url: '%s/api/v1/write', queue_config: { batch_send_deadline: 1s } }\n", one, address(prometheus))
		if replica == nil {
			replica = []*process{sidecar, scraper}
		}
	}
	query, grpc, own := port(), port(), port()
	args := []string{program[0], "rule", "--data-dir=data", "--eval-interval=30s", "--rule-file=" + filepath.Join(w.dir, "out/thanos/*.yaml"), "--query=" + address(query),
		"--label=cluster=\"one\"", "--label=rule_replica=\"a\"", "--alert.label-drop=rule_replica", "--http-address=" + at(own), "--grpc-address=" + at(grpc), "--log.level=warn"}
	if stateless {
		args = append(args, "--remote-write.config-file="+w.write(name+"-write.yml", "remote_write:\n"+written.String()))
	} else {
		endpoints = append(endpoints, "--endpoint="+at(grpc))
	}
	w.process(name+"-query", append([]string{program[0], "query", "--http-address=" + at(query), "--grpc-address=" + at(port()), "--query.replica-label=replica", "--query.replica-label=rule_replica", "--log.level=warn"}, endpoints...)...)
	p := w.process(name+"-rule", args...)
	return &engine{name: title, query: address(query), alerts: address(own), ruler: p, replica: replica, chooses: true, version: w.versions["thanos"]}
}

// ha is how replicas that write to Mimir and Cortex are told apart.
func ha(replica string) string { return "cluster: one, __replica__: " + replica }

func (w world) mimir() *engine {
	program, ok := w.binaries("mimir", "mimirtool", "prometheus")
	if !ok {
		return nil
	}
	configuration := `multitenancy_enabled: false
target: all
server: { http_listen_address: 127.0.0.1, http_listen_port: %d, grpc_listen_address: 127.0.0.1, grpc_listen_port: %d, log_level: warn }
common: { storage: { backend: filesystem, filesystem: { dir: bucket } } }
blocks_storage: { storage_prefix: blocks, tsdb: { dir: tsdb }, bucket_store: { sync_dir: sync } }
memberlist: { bind_addr: [127.0.0.1], bind_port: %d }
ingester: { ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist }, replication_factor: 1 } }
distributor:
  ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist } }
  ha_tracker: { enable_ha_tracker: true, kvstore: { store: memberlist } }
limits: { accept_ha_samples: true, out_of_order_time_window: 5m }
compactor: { data_dir: compactor, sharding_ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist } } }
store_gateway: { sharding_ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist }, replication_factor: 1 } }
ruler: { rule_path: rules, poll_interval: 5s, ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist } } }
ruler_storage: { storage_prefix: ruler }
frontend: { address: 127.0.0.1 }
query_scheduler: { ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist } } }
usage_stats: { enabled: false }
`
	return w.tenant("mimir", "Mimir", configuration, program)
}

func (w world) cortex() *engine {
	program, ok := w.binaries("cortex", "mimirtool", "prometheus")
	if !ok {
		return nil
	}
	configuration := `auth_enabled: false
target: all
server: { http_listen_address: 127.0.0.1, http_listen_port: %d, grpc_listen_address: 127.0.0.1, grpc_listen_port: %d, log_level: warn }
memberlist: { bind_addr: [127.0.0.1], bind_port: %d }
distributor:
  shard_by_all_labels: true
  ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist } }
  ha_tracker: { enable_ha_tracker: true, kvstore: { store: memberlist } }
limits: { accept_ha_samples: true, out_of_order_time_window: 5m }
ingester: { lifecycler: { address: 127.0.0.1, min_ready_duration: 0s, final_sleep: 0s, ring: { kvstore: { store: memberlist }, replication_factor: 1 } } }
blocks_storage: { backend: filesystem, filesystem: { dir: bucket/blocks }, tsdb: { dir: tsdb }, bucket_store: { sync_dir: sync } }
compactor: { data_dir: compactor, sharding_ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist } } }
store_gateway: { sharding_ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist }, replication_factor: 1 } }
ruler: { enable_api: true, rule_path: rules, poll_interval: 5s, ring: { instance_addr: 127.0.0.1, kvstore: { store: memberlist } } }
ruler_storage: { backend: filesystem, filesystem: { dir: bucket/ruler } }
alertmanager: { external_url: "http://127.0.0.1/alertmanager", data_dir: alertmanager }
alertmanager_storage: { backend: filesystem, filesystem: { dir: bucket/alertmanager } }
frontend: { address: 127.0.0.1 }
`
	return w.tenant("cortex", "Cortex", configuration, program, "--use-legacy-routes", "--mimir-http-prefix=/")
}

// tenant starts a store that takes rules and samples over its API; the configuration leaves three ports open.
func (w world) tenant(name, title, configuration string, program []string, more ...string) *engine {
	http := port()
	file := w.write(name+".yml", fmt.Sprintf(configuration, http, port(), port()))
	p := w.process(name, program[0], "-config.file="+file)
	replica := w.pair(name, program[2], address(http)+"/api/v1/push", ha)
	w.post.to(title, address(http)+"/api/v1/push")
	files, err := filepath.Glob(filepath.Join(w.dir, "out", name, "*.yaml"))
	check(err)
	load := append([]string{"rules", "load", "--address=" + address(http), "--id=anonymous"}, more...)
	load = append(load, files...)
	for attempt := 0; ; attempt++ {
		said, err := exec.Command(program[1], load...).CombinedOutput()
		if err == nil {
			break
		}
		if attempt == 60 {
			check(fmt.Errorf("mimirtool rules load: %v: %s", err, said))
		}
		time.Sleep(2 * time.Second)
	}
	return &engine{name: title, query: address(http) + "/prometheus", alerts: address(http) + "/prometheus", ruler: p, replica: replica, version: w.versions[name]}
}
