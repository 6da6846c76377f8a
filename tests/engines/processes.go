// Programs that are started, and ended with everything else.
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

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
	for {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		check(err)
		port := listener.Addr().(*net.TCPAddr).Port
		listener.Close()
		if !given[port] {
			given[port] = true
			return port
		}
	}
}

// given are the ports of this run: a port is free again until its program listens, and the system may give it a second time.
var given = map[int]bool{}

func at(port int) string      { return fmt.Sprintf("127.0.0.1:%d", port) }
func address(port int) string { return "http://" + at(port) }
