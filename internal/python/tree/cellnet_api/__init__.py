"""What nas_201_api and nats_bench share: they ask a running cellnet."""
