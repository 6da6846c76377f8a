// Reads files as the programs do that read what slowburn writes: YAML by the libraries of Prometheus, Alertmanager and Kubernetes,
// HTML by a parser of HTML5. Prints one JSON object: for each path of a folder what its readers made of it.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/net/html"
	yaml2 "gopkg.in/yaml.v2"
	yaml3 "gopkg.in/yaml.v3"
	kubernetes "sigs.k8s.io/yaml"
)

func main() {
	root := os.Args[1]
	read := map[string]any{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch filepath.Ext(path) {
		case ".yaml", ".yml":
			read[name] = documents(text)
		case ".html":
			read[name] = elements(text)
		}
		return nil
	})
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(read)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// What the libraries read, one behind the other; or their faults as texts. Of a file of several documents each is read.
func documents(text []byte) []any {
	var second, third, fourth []any
	for _, document := range bytes.Split(text, []byte("\n---\n")) {
		read := each(document)
		second, third, fourth = append(second, read[0]), append(third, read[1]), append(fourth, read[2])
	}
	if len(second) == 1 {
		return []any{second[0], third[0], fourth[0]}
	}
	return []any{second, third, fourth}
}

func each(text []byte) [3]any {
	var second, third, fourth any
	if err := yaml2.UnmarshalStrict(text, &second); err != nil {
		second = "fault: " + err.Error()
	}
	if err := yaml3.Unmarshal(text, &third); err != nil {
		third = "fault: " + err.Error()
	}
	if err := kubernetes.UnmarshalStrict(text, &fourth); err != nil {
		fourth = "fault: " + err.Error()
	}
	return [3]any{plain(second), plain(third), plain(fourth)}
}

// A value that JSON has, too.
func plain(value any) any {
	switch value := value.(type) {
	case map[any]any:
		named := map[string]any{}
		for key, inner := range value {
			named[fmt.Sprint(key)] = plain(inner)
		}
		return named
	case map[string]any:
		for key, inner := range value {
			value[key] = plain(inner)
		}
		return value
	case []any:
		for at, inner := range value {
			value[at] = plain(inner)
		}
		return value
	}
	return value
}

// Every element in order, with the names of its attributes and what links lead to; and all that is shown.
func elements(text []byte) []any {
	document, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		return []any{err.Error(), ""}
	}
	var tags []string
	var shown strings.Builder
	var walk func(*html.Node)
	walk = func(node *html.Node) {
		switch node.Type {
		case html.ElementNode:
			tag := node.Data
			for _, attribute := range node.Attr {
				tag += " " + attribute.Key
			}
			tags = append(tags, tag)
		case html.CommentNode:
			tags = append(tags, "comment")
		case html.TextNode:
			shown.WriteString(node.Data)
		}
		for child := node.FirstChild; child != nil; child = child.NextSibling {
			walk(child)
		}
	}
	walk(document)
	return []any{tags, shown.String()}
}
