// Command render runs Helm's library many times in one process.
//
//	render snippets < request.json > answers.jsonl
//	render values < request.json > answers.jsonl
//	render bench CHART KEY COUNT
//	render bench-values CHART < list of values.json
//
// snippets takes {"files": {name: text}, "snippets": [template, ...]} and gives
// a line {"out": text} or {"err": message} for each: it is rendered as
// templates/t.yaml of the chart made of files, with fresh values. Where Helm
// kills the process (endless recursion), the lines end early.
//
// values takes a list of {"file": text, "set": [], "string": [], "json": [], "literal": []}, each what -f, --set,
// --set-string, --set-json and --set-literal give, and gives a line {"out": Go's syntax of the values} or {"err": message}.
//
// bench renders the chart COUNT times, each time with another value under KEY,
// from loaded chart to sorted manifests, and prints the seconds each took.
// bench-values does it with each of the values given, and says "fails" where Helm refuses them.
package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"helm.sh/helm/v4/pkg/action"
	chartcommon "helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/cli/values"
	"helm.sh/helm/v4/pkg/engine"
	"helm.sh/helm/v4/pkg/strvals"
)

type request struct {
	Files    map[string]string `json:"files"`
	Snippets []string          `json:"snippets"`
}

type answer struct {
	Out string `json:"out"`
	Err string `json:"err,omitempty"`
}

func load(files map[string]string) (*chart.Chart, error) {
	var buffered []*archive.BufferedFile
	for name, text := range files {
		buffered = append(buffered, &archive.BufferedFile{Name: name, Data: []byte(text)})
	}
	return loader.LoadFiles(buffered)
}

func one(files map[string]string, snippet string) (found answer) {
	defer func() {
		if r := recover(); r != nil {
			found = answer{Err: fmt.Sprintf("panic: %v", r)}
		}
	}()
	files["templates/t.yaml"] = snippet
	loaded, err := load(files)
	if err != nil {
		return answer{Err: err.Error()}
	}
	options := chartcommon.ReleaseOptions{Name: "release-name", Namespace: "default", Revision: 1, IsInstall: true}
	caps := chartcommon.DefaultCapabilities.Copy()
	values, err := util.ToRenderValuesWithSchemaValidation(loaded, map[string]any{}, options, caps, false)
	if err != nil {
		return answer{Err: err.Error()}
	}
	rendered, err := engine.Engine{}.Render(loaded, values)
	if err != nil {
		return answer{Err: err.Error()}
	}
	return answer{Out: rendered[loaded.Name()+"/templates/t.yaml"]}
}

func snippets() error {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return err
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	for _, snippet := range asked.Snippets {
		if err := encoder.Encode(one(asked.Files, snippet)); err != nil {
			return err
		}
	}
	return nil
}

type flags struct {
	File    *string  `json:"file"`
	Set     []string `json:"set"`
	String  []string `json:"string"`
	JSON    []string `json:"json"`
	Literal []string `json:"literal"`
}

func merged(given flags, path string) (found answer) {
	defer func() {
		if r := recover(); r != nil {
			found = answer{Err: fmt.Sprintf("panic: %v", r)}
		}
	}()
	options := values.Options{Values: given.Set, StringValues: given.String, JSONValues: given.JSON, LiteralValues: given.Literal}
	if given.File != nil {
		if err := os.WriteFile(path, []byte(*given.File), 0o600); err != nil {
			return answer{Err: err.Error()}
		}
		options.ValueFiles = []string{path}
	}
	got, err := options.MergeValues(nil)
	if err != nil {
		return answer{Err: strings.ReplaceAll(err.Error(), path, "FILE")}
	}
	return answer{Out: fmt.Sprintf("%#v", got)}
}

func mergeAll() error {
	var asked []flags
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "values")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	for _, given := range asked {
		if err := encoder.Encode(merged(given, folder+"/f.yaml")); err != nil {
			return err
		}
	}
	return nil
}

func counted(key string, count int) ([]map[string]any, error) {
	var found []map[string]any
	for round := 0; round < count; round++ {
		values := map[string]any{}
		if err := strvals.ParseInto(key+"="+strconv.Itoa(round), values); err != nil {
			return nil, err
		}
		found = append(found, values)
	}
	return found, nil
}

func bench(path string, overrides []map[string]any, mayFail bool) error {
	for _, values := range overrides {
		// ProcessDependencies changes the chart, so each round gets a fresh copy; loading is not timed.
		loaded, err := loader.Load(path)
		if err != nil {
			return err
		}
		started := time.Now()
		install := action.NewInstall(action.NewConfiguration())
		install.DryRunStrategy = action.DryRunClient
		install.ReleaseName = "release-name"
		install.Namespace = "default"
		install.Replace = true
		if _, err := install.Run(loaded, values); err != nil {
			if !mayFail {
				return err
			}
			fmt.Println("fails")
			continue
		}
		fmt.Printf("%.6f\n", time.Since(started).Seconds())
	}
	return nil
}

func main() {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	err := fmt.Errorf("usage: render snippets | render values | render bench CHART KEY COUNT | render bench-values CHART")
	if len(os.Args) == 2 && os.Args[1] == "snippets" {
		err = snippets()
	} else if len(os.Args) == 2 && os.Args[1] == "values" {
		err = mergeAll()
	} else if len(os.Args) == 5 && os.Args[1] == "bench" {
		var count int
		if count, err = strconv.Atoi(os.Args[4]); err == nil {
			var overrides []map[string]any
			if overrides, err = counted(os.Args[3], count); err == nil {
				err = bench(os.Args[2], overrides, false)
			}
		}
	} else if len(os.Args) == 3 && os.Args[1] == "bench-values" {
		var overrides []map[string]any
		if err = json.NewDecoder(os.Stdin).Decode(&overrides); err == nil {
			err = bench(os.Args[2], overrides, true)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}
