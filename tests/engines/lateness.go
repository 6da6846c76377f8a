// Samples that come late: what a Prometheus writes here is written on a minute later, some of it in the wrong order, some of it at once.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// delivery is what is written on, and when.
type delivery struct {
	due    time.Time
	header http.Header
	body   []byte
}

// post takes what is written, for every store.
type post struct {
	lock   sync.Mutex
	begun  func() time.Time
	queues []chan delivery
	held   *delivery
}

// to adds a store that gets all of it. A store that is away gets it when it is back.
func (p *post) to(name, url string) {
	queue := make(chan delivery, 10000)
	p.queues = append(p.queues, queue)
	go func() {
		told := false
		for next := range queue {
			time.Sleep(time.Until(next.due))
			for !written(name, url, next, &told) {
				time.Sleep(time.Second)
			}
		}
	}()
}

// written is false if it has to be tried once more.
func written(name, url string, what delivery, told *bool) bool {
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(what.body))
	check(err)
	request.Header = what.header.Clone()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(response.Body, 300))
	if response.StatusCode/100 == 5 {
		return false
	}
	if response.StatusCode/100 != 2 && !*told {
		*told = true
		fmt.Fprintf(os.Stderr, "%s refuses late samples: %s: %s\n", name, response.Status, said)
	}
	return true
}

func (p *post) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		answer.WriteHeader(http.StatusBadRequest)
		return
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	now, begun := time.Now(), p.begun()
	within := func(from, to time.Duration) bool {
		return now.After(begun.Add(from)) && now.Before(begun.Add(to))
	}
	next := delivery{due: now.Add(late), header: request.Header, body: body}
	if within(holdsFrom, holdsTo) {
		next.due = begun.Add(heldUntil)
	}
	if p.held == nil && within(swapsFrom, swapsTo) {
		p.held = &next
		return
	}
	for _, queue := range p.queues {
		queue <- next
		if p.held != nil {
			queue <- *p.held
		}
	}
	p.held = nil
}
