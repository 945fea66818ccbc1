# Drag-and-drop: the boot ROM takes this file as a USB drive.
$(OUT)/%.uf2: $(OUT)/%.bin boards/cortex-m/w5500-evb-pico/uf2.py
	@echo '  UF2   $@'
	$(Q)boards/cortex-m/w5500-evb-pico/uf2.py $< $@
